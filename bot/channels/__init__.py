"""Sending over the providers: one small interface, a module a provider."""

from bot.channels.email import EmailProvider
from bot.channels.provider import Outgoing, Provider, Refused, Sent, TryLater, Uncertain
from bot.channels.telegram import TelegramProvider
from bot.channels.twilio import TwilioProvider
from bot.models import Channel
from bot.settings import Settings

__all__ = ["Outgoing", "Provider", "Refused", "Sent", "TryLater", "Uncertain", "providers"]


def providers(settings: Settings) -> dict[Channel, Provider]:
    """The providers that `settings` has accounts for."""
    known: dict[Channel, Provider] = {}
    if settings.has_sms:
        known[Channel.SMS] = TwilioProvider(settings)
    if settings.has_telegram:
        known[Channel.TELEGRAM] = TelegramProvider(settings)
    if settings.has_email:
        known[Channel.EMAIL] = EmailProvider(settings)
    return known

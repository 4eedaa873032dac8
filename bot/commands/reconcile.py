"""`phlov reconcile`: fetch the messages that reached the provider while we were away."""

from __future__ import annotations

from datetime import timedelta

import click

from bot import reconcile as reconciling
from bot.channels.twilio import ListIncomplete
from bot.database import connect
from bot.models.columns import now
from bot.settings import load_settings

_MOST_HOURS = int(reconciling.FARTHEST.total_seconds() // 3600)


@click.command()
@click.option(
    "--hours", type=click.IntRange(1, _MOST_HOURS), default=24, show_default=True, help="How far back."
)
def reconcile(hours: int) -> None:
    """Store what came in at the provider and never reached us. The worker does so by itself."""
    settings = load_settings()
    if not settings.has_sms:
        raise click.ClickException("no SMS account: set TWILIO_ACCOUNT_SID")
    try:
        found = reconciling.bring_in(connect(settings), settings, now() - timedelta(hours=hours))
    except ListIncomplete as problem:
        raise click.ClickException(
            f"the provider's list couldn't be read to its end ({problem}); what was read is stored"
        ) from None
    click.echo(f"{found} messages brought in.")

"""E-mail over the deployment's SMTP server, encrypted: links to partners, in plain text, and nothing else.

SMTP has no way to look a message up: what may have been taken and wasn't confirmed stays uncertain.
"""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from bot.channels.provider import Ending, Outgoing, Refused, Sent, TryLater, Uncertain
from bot.settings import Settings


class EmailProvider:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, message: Outgoing) -> Ending:
        letter = self._letter(message)
        try:
            server = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            return Refused(f"smtp_{error.smtp_code}")
        except smtplib.SMTPResponseException as error:
            return TryLater(f"smtp_{error.smtp_code}")
        except (OSError, smtplib.SMTPException):
            return TryLater("no_connection")
        try:
            return _deliver(server, letter)
        finally:
            server.close()

    def find(self, message: Outgoing, since: datetime, taken: set[str]) -> Ending:
        return Uncertain("email_has_no_lookup")

    def _connect(self) -> smtplib.SMTP:
        """A server that is ready to take a letter; never one that would carry it or the password in clear,
        but for one on this machine."""
        one = self._settings
        seconds = one.provider_timeout
        if one.smtp_tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                one.smtp_host, one.smtp_port, timeout=seconds, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(one.smtp_host, one.smtp_port, timeout=seconds)
        try:
            if one.smtp_tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if one.smtp_user:
                server.login(one.smtp_user, one.smtp_password)
        except BaseException:
            server.close()
            raise
        return server

    def _letter(self, message: Outgoing) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = self._settings.smtp_from
        letter["To"] = message.address
        letter["Subject"] = self._settings.brand
        letter["Date"] = formatdate()
        # The same for every try: a server that got it twice can tell.
        domain = self._settings.smtp_from.rpartition("@")[2]
        letter["Message-ID"] = f"<{self._settings.brand.casefold()}-{message.id}@{domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text)
        return letter


def _deliver(server: smtplib.SMTP, letter: EmailMessage) -> Ending:
    try:
        server.ehlo_or_helo_if_needed()
        for code, _words in (server.mail(letter["From"]), server.rcpt(letter["To"])):
            if code >= 400:
                return _refused(code)
    except (OSError, smtplib.SMTPException):
        return TryLater("no_connection")
    try:
        code, _words = server.data(letter.as_bytes(policy=SMTP))
    except smtplib.SMTPDataError as error:
        return _refused(error.smtp_code)
    except (OSError, smtplib.SMTPException):
        return Uncertain("no_answer")
    return Sent(letter["Message-ID"]) if code == 250 else _refused(code)


def _refused(code: int) -> Ending:
    return TryLater(f"smtp_{code}") if code < 500 else Refused(f"smtp_{code}")

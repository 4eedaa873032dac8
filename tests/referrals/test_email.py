"""Links to partners by e-mail: over a real TLS connection, with nothing about anyone, and how it fails."""

from __future__ import annotations

import contextlib
import datetime
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_string, policy
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from bot import consent, sender
from bot.channels import Outgoing, Refused, Sent, TryLater, Uncertain, providers
from bot.channels.email import EmailProvider
from bot.database import Database
from bot.directory import entries
from bot.inbox import find_or_create_contact
from bot.models import Channel, Conversation, Delivery, Form, Message, Referral, ReferralAccess, State
from bot.models.columns import now
from bot.referrals import steps, sweep
from bot.settings import Settings, UnsafeSetting, load_settings
from tests.directory.test_directory import entry, keep

LETTER = Outgoing(7, "desk@partner.example", "Phlov: a referral for you. Open https://x.example/r/abc")


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks SMTP as a partner's provider would, with STARTTLS and a password; keeps what it takes."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.letters: list[str] = []
        self.in_clear: list[str] = []
        self.answer_to: dict[str, str] = {}  # a command's answer instead of the usual one; "" hangs up


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self._talk()

    def _talk(self) -> None:
        encrypted = False
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            command = line.split(" ")[0].split(":")[0].upper()
            if not encrypted:
                self.server.in_clear.append(command)
            if command in self.server.answer_to:
                if not self.server.answer_to[command]:
                    return
                self._say(self.server.answer_to[command])
            elif command == "EHLO":
                self._say("250-here\r\n250 " + ("AUTH PLAIN" if encrypted else "STARTTLS"))
            elif command == "STARTTLS":
                self._say("220 go ahead")
                self.request = self.server.context.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
                encrypted = True
            elif command == "AUTH":
                self._say("235 welcome")
            elif command == "DATA":
                self._take_letter()
                if self.server.answer_to.get("end") == "":
                    return
                self._say(self.server.answer_to.get("end", "250 taken"))
            else:
                self._say("250 ok")

    def _take_letter(self) -> None:
        self._say("354 go on")
        lines = []
        while (text := self.rfile.readline().decode()) != ".\r\n":
            lines.append(text)
        self.server.letters.append("".join(lines))

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("mail") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def mail(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with MailServer(certificate) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def mailing(settings: Settings, mail: MailServer) -> Settings:
    return replace(
        settings,
        smtp_host="localhost",
        smtp_port=mail.server_address[1],
        smtp_user="phlov",
        smtp_password="a long password",
        smtp_from="helpline@phlov.example",
    )


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/test.db"


def test_a_letter_goes_encrypted_and_in_plain_text(mail: MailServer, mailing: Settings) -> None:
    assert isinstance(EmailProvider(mailing).send(LETTER), Sent)
    assert "AUTH" not in mail.in_clear and "MAIL" not in mail.in_clear
    (letter,) = mail.letters
    assert "Content-Type: text/plain" in letter and "https://x.example/r/abc" in letter
    assert "To: desk@partner.example" in letter and "Subject: Phlov" in letter


def test_a_server_that_nobody_vouches_for_gets_nothing(
    mail: MailServer, mailing: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert isinstance(EmailProvider(mailing).send(LETTER), TryLater)
    assert mail.letters == [] and "AUTH" not in mail.in_clear


@pytest.mark.parametrize(
    ("command", "answer", "ending"),
    [
        ("RCPT", "550 nobody here", Refused),
        ("RCPT", "450 try later", TryLater),
        ("MAIL", "", TryLater),
        ("AUTH", "535 wrong password", Refused),
        ("STARTTLS", "454 not now", TryLater),
        ("end", "554 not wanted", Refused),
        ("end", "", Uncertain),
    ],
)
def test_each_way_to_fail_ends_as_what_it_is(
    mail: MailServer, mailing: Settings, command: str, answer: str, ending: type
) -> None:
    mail.answer_to[command] = answer
    assert isinstance(EmailProvider(mailing).send(LETTER), ending)


def test_where_nobody_listens_it_is_tried_later(mailing: Settings) -> None:
    assert isinstance(EmailProvider(replace(mailing, smtp_port=1)).send(LETTER), TryLater)


def refer(database: Database, settings: Settings) -> None:
    """Somebody of Takeo is referred to a partner who takes e-mail."""
    with database.transaction() as session:
        contact = find_or_create_contact(session, Channel.SMS, "+85510000001")
        conversation = Conversation(contact_id=contact.id, state=State.BOT, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
        service = keep(session, referral_method="email", referral_address="desk@partner.example")
        version = consent.show(session, consent.SHARE, Form.ENGLISH, "May we?")
        agreed = consent.record(session, contact, consent.SHARE, True, version, partner=service.key)
        shared = {"need": "training", "phone": contact.address, "name": "Sokunthea"}
        steps.make(session, conversation, service, agreed, "training", shared, settings)


def test_a_partner_gets_the_neutral_link_by_mail_and_no_code(
    database: Database, mail: MailServer, mailing: Settings
) -> None:
    refer(database, mailing)
    assert sender.send_next(database, providers(mailing))
    (letter,) = mail.letters
    words = message_from_string(letter, policy=policy.default).get_content()
    assert "/partners/r/" in words
    for private in ("Sokunthea", "85510000001", "training"):
        assert private not in letter + words
    with database.transaction() as session:
        found = session.scalars(select(ReferralAccess)).one()
        assert steps.send_code(session, found, mailing) is False  # an operator reads it out


@pytest.mark.parametrize("days", [0, 1])
def test_a_letter_that_cant_be_sent_falls_to_a_person_at_once_and_once(
    database: Database, mail: MailServer, mailing: Settings, days: int
) -> None:
    refer(database, mailing)
    mail.answer_to["RCPT"] = "550 nobody here"
    assert sender.send_next(database, providers(mailing))
    with database.transaction() as session:
        letter = session.scalars(select(Message).where(Message.channel == Channel.EMAIL)).one()
        assert letter.state == Delivery.FAILED
        session.scalars(select(Referral)).one().state_at = now() - datetime.timedelta(days=days, minutes=5)
        session.flush()
        assert sweep.run(session, mailing) == 1
        assert sweep.run(session, mailing) == 0
        assert session.scalars(select(Conversation)).one().state == State.WAITING


def test_without_a_mail_server_there_is_no_such_channel(settings: Settings) -> None:
    assert Channel.EMAIL not in providers(settings)


def test_an_address_fits_the_way_that_referrals_go() -> None:
    def wrong(method: str, address: str) -> list[tuple[str, str]]:
        return entries.check(entry(referral_method=method, referral_address=address))[1]

    assert wrong("email", "desk@partner.example") == []
    assert wrong("email", "012 345 678") == [("referral_address", "not_mail")]
    assert wrong("email", "") == [("referral_address", "needs_address")]
    assert wrong("sms", "desk@partner.example") == [("referral_address", "not_a_phone")]
    assert wrong("email", "a@b.example\nBcc: x@y.example") != []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SMTP_FROM": "a@b.example"}, "SMTP_HOST"),
        ({"SMTP_HOST": "mail.example"}, "SMTP_FROM"),
        ({"SMTP_HOST": "mail.example", "SMTP_FROM": "a@b.example", "SMTP_USER": "a"}, "SMTP_PASSWORD"),
        ({"SMTP_HOST": "mail.example", "SMTP_FROM": "a@b.example", "SMTP_TLS": "none"}, "SMTP_TLS"),
        ({"SMTP_HOST": "mail.example", "SMTP_FROM": "A <a@b.example>"}, "SMTP_FROM"),
    ],
)
def test_a_half_set_or_unencrypted_mail_server_stops_the_start(
    tmp_path: Path, given: dict[str, str], named: str
) -> None:
    production = {
        "PHLOV_ENV": "production",
        "PHLOV_VAR": str(tmp_path),
        "PHLOV_KEYS": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=",
        "PUBLIC_URL": "https://phlov.example",
        "RASA_TOKEN": "a-long-random-token-of-some-length-123",
        "TELEGRAM_BOT_TOKEN": "100000001:abcdefghijklmnop",
        "TELEGRAM_WEBHOOK_SECRET": "another-long-random-secret-of-length-9",
    }
    load_settings(production)
    with pytest.raises(UnsafeSetting, match=named):
        load_settings({**production, **given})

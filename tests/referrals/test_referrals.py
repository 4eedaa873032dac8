"""Referrals: made by consent, followed, told, taken back; and the partner's page against intruders."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from bot import consent, inbox, operators, privacy
from bot.database import Database
from bot.models import (
    Channel,
    Contact,
    Conversation,
    Message,
    Operator,
    Referral,
    ReferralAccess,
    ReferralEvent,
    ReferralState,
    Service,
    State,
)
from bot.models.columns import now
from bot.referrals import access, fields, steps, sweep
from bot.settings import Settings
from tests.directory.test_directory import keep as keep_service
from web import create_app

PARTNER = "012 999 888"
PERSON = "+85510000001"


class Case:
    """A person who was referred to a partner by SMS."""

    def __init__(
        self, database: Database, settings: Settings, *, sensitive: bool = False, **entry: str
    ) -> None:
        self.database, self.settings = database, settings
        with database.transaction() as session:
            service = keep_service(
                session,
                **{"referral_method": "sms", "referral_address": PARTNER, "referral_language": "en", **entry},
            )
            self.contact = inbox.find_or_create_contact(session, Channel.SMS, PERSON)
            self.contact.form = "en"  # type: ignore[assignment]
            conversation = Conversation(contact_id=self.contact.id, not_understood=0, pages=0)
            session.add(conversation)
            session.flush()
            self.operator = operators.add(session, "sokha", language="en")[0] if sensitive else None
            shared = fields.known(session, self.contact, "violence" if sensitive else "training", "21")
            agreed = self.agree(session, self.contact, service, shared)
            self.referral, link = steps.make(
                session, conversation, service, agreed, shared["need"], shared, settings, self.operator
            )
            self.token = link.rsplit("/", 1)[1]

    @staticmethod
    def agree(
        session: Session, contact: Contact, service: Service, shared: dict[str, str]
    ) -> consent.Consent:
        question = fields.question(service, shared, "en")  # type: ignore[arg-type]
        version = consent.show(session, consent.SHARE, "en", question)  # type: ignore[arg-type]
        return consent.record(session, contact, consent.SHARE, True, version, partner=service.key)

    def sms(self, address: str) -> list[str]:
        """The texts to `address`, oldest first."""
        with self.database.reading() as session:
            query = select(Message).where(Message.direction == "out").order_by(Message.id)
            return [m.body for m in session.scalars(query) if m.address == address]

    def code(self) -> str:
        found = re.search(r"\b\d{6}\b", self.sms(PARTNER)[-1])
        assert found
        return found[0]

    def state(self) -> str:
        with self.database.reading() as session:
            return session.get_one(Referral, self.referral.id).state


@pytest.fixture
def case(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Case:
    return Case(database, settings)


@pytest.fixture
def partner(settings: Settings, database: Database) -> FlaskClient:
    return create_app(settings, database).test_client()


def enter(partner: FlaskClient, case: Case) -> None:
    partner.post(f"/partners/r/{case.token}/code?l=en")
    assert partner.post(f"/partners/r/{case.token}/open?l=en", data={"code": case.code()}).status_code == 303


def answer(partner: FlaskClient, case: Case, **form: str) -> int:
    return partner.post(f"/partners/r/{case.token}/answer?l=en", data=form).status_code


def test_the_partner_sees_what_was_agreed_and_only_with_the_code(case: Case, partner: FlaskClient) -> None:
    first = partner.get(f"/partners/r/{case.token}?l=en")
    assert PERSON not in first.text
    assert "Takeo" not in first.text
    enter(partner, case)
    page = partner.get(f"/partners/r/{case.token}?l=en").text
    for agreed in (PERSON, "Takeo", "training", "English"):
        assert agreed in page


def test_link_and_code_come_apart_and_say_nothing_of_the_person(case: Case, partner: FlaskClient) -> None:
    partner.post(f"/partners/r/{case.token}/code")
    link, code = case.sms(PARTNER)
    assert case.token in link
    assert case.token not in code
    assert PERSON not in link + code


def test_a_referral_goes_its_way_and_the_person_hears_neutrally(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    assert answer(partner, case, action="accept") == 303
    assert answer(partner, case, action="first_contact") == 303
    assert answer(partner, case, action="done") == 200
    assert case.state() == "done"
    assert partner.get(f"/partners/r/{case.token}").status_code == 404
    with case.database.reading() as session:
        told = [
            e.told for e in session.query(ReferralEvent).filter(ReferralEvent.what.in_(("accepted", "done")))
        ]
    for words in case.sms(PERSON):
        assert "Sewing school" not in words
    assert len(case.sms(PERSON)) == sum(bool(t) for t in told)


def test_a_step_that_doesnt_follow_is_refused(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    assert answer(partner, case, action="done") == 409
    assert answer(partner, case, action="decline", reason="because") == 409
    assert answer(partner, case, action="withdraw") == 409
    assert case.state() == "sent"


def test_a_decline_with_a_reason_brings_the_person_back_to_ours(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    assert answer(partner, case, action="decline", reason="full", words="until March") == 200
    with case.database.reading() as session:
        conversation = session.query(Conversation).one()
        assert (conversation.state, conversation.reason) == (State.WAITING, "referral_declined")
        assert session.query(ReferralAccess).count() == 0


def test_a_question_goes_to_our_people_and_the_answer_to_the_page(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    assert answer(partner, case, action="ask", words="Is she free on Mondays?") == 303
    with case.database.transaction() as session:
        assert session.query(Conversation).one().reason == "referral_question"
        operator = operators.add(session, "dara")[0]
        steps.answer(session, session.get_one(Referral, case.referral.id), operator, "Yes, mornings")
    assert "Yes, mornings" in partner.get(f"/partners/r/{case.token}?l=en").text


@pytest.mark.parametrize("guess", ["", "x", "a" * 43, "%2e%2e", "0"])
def test_guessing_links_teaches_nothing(case: Case, partner: FlaskClient, guess: str) -> None:
    closed = partner.get(f"/partners/r/{guess}?l=en")
    assert closed.status_code == 404
    with case.database.transaction() as session:
        steps.withdraw(session, session.get_one(Referral, case.referral.id))
    withdrawn = partner.get(f"/partners/r/{case.token}?l=en")
    assert withdrawn.status_code == 404
    assert withdrawn.text == closed.text


def test_guessing_codes_ends_after_five_tries_and_shuts_the_page_after_twenty(
    case: Case, partner: FlaskClient
) -> None:
    with case.database.transaction() as session:
        found = access.find(session, case.token)
        assert found is not None
        right = access.make_code(found)
        wrong = f"{(int(right) + 1) % 10**6:06}"
        for _ in range(access.MOST_TRIES):
            with pytest.raises(access.WrongCode):
                access.enter(found, wrong)
        with pytest.raises(access.WrongCode):
            access.enter(found, right)
        found.wrong = access.MOST_WRONG
        with pytest.raises(access.TooManyCodes):
            access.make_code(found)


def test_a_code_is_used_up_grows_old_and_belongs_to_one_link(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    used = case.code()
    other = partner.application.test_client()
    opened = other.post(f"/partners/r/{case.token}/open", data={"code": used})
    assert opened.status_code == 403
    with case.database.transaction() as session:
        found = access.find(session, case.token)
        assert found is not None
        code = access.make_code(found)
        found.code_expires_at = now()
        with pytest.raises(access.WrongCode):
            access.enter(found, code)


def test_no_more_than_three_codes_an_hour_are_sent(case: Case, partner: FlaskClient) -> None:
    codes = [partner.post(f"/partners/r/{case.token}/code").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    assert len(case.sms(PARTNER)) == 1 + 3


def test_another_browser_with_the_link_alone_gets_in_nowhere(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    other = partner.application.test_client()
    assert PERSON not in other.get(f"/partners/r/{case.token}").text
    assert other.post(f"/partners/r/{case.token}/answer", data={"action": "accept"}).status_code == 403
    other.set_cookie("phlov_partner", "guessed", path="/partners")
    assert PERSON not in other.get(f"/partners/r/{case.token}").text
    assert case.state() == "sent"


def test_one_referrals_session_doesnt_open_another(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    with case.database.transaction() as session:
        service = keep_service(session, key="other", referral_method="sms", referral_address=PARTNER)
        contact = inbox.find_or_create_contact(session, Channel.SMS, "+85510000002")
        conversation = Conversation(contact_id=contact.id, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
        shared = {"need": "work", "phone": "+85510000002"}
        agreed = Case.agree(session, contact, service, shared)
        _, link = steps.make(session, conversation, service, agreed, "work", shared, case.settings)
    cookie = partner.get_cookie("phlov_partner", path=f"/partners/r/{case.token}")
    assert cookie is not None
    token = link.rsplit("/", 1)[1]
    partner.set_cookie("phlov_partner", cookie.value, path=f"/partners/r/{token}")
    page = partner.get(f"/partners/r/{token}")
    assert "+85510000002" not in page.text


def test_a_session_ends_by_itself_and_by_leaving(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    partner.post(f"/partners/r/{case.token}/leave")
    assert PERSON not in partner.get(f"/partners/r/{case.token}").text
    enter(partner, case)
    with case.database.transaction() as session:
        session.execute(update(ReferralAccess).values(session_expires_at=now()))
    assert PERSON not in partner.get(f"/partners/r/{case.token}").text


def test_withdrawing_consent_closes_the_page_at_once_and_empties_what_was_shared(
    case: Case, partner: FlaskClient
) -> None:
    enter(partner, case)
    with case.database.transaction() as session:
        privacy.withdraw(session, session.get_one(Contact, case.contact.id))
    assert partner.get(f"/partners/r/{case.token}").status_code == 404
    assert answer(partner, case, action="accept") == 404
    with case.database.transaction() as session:
        sweep.run(session, case.settings)
    with case.database.reading() as session:
        referral = session.get_one(Referral, case.referral.id)
        assert (referral.state, referral.shared) == ("withdrawn", {})


def test_forgetting_a_person_forgets_their_referrals(case: Case, partner: FlaskClient) -> None:
    with case.database.transaction() as session:
        privacy.forget(session, session.get_one(Contact, case.contact.id))
    with case.database.reading() as session:
        assert session.get_one(Referral, case.referral.id).shared == {}
    assert partner.get(f"/partners/r/{case.token}").status_code == 404


def test_without_consent_for_this_partner_nothing_is_made(database: Database, settings: Settings) -> None:
    with database.transaction() as session:
        one, two = keep_service(session, referral_method="phone"), keep_service(session, key="two")
        contact = inbox.find_or_create_contact(session, Channel.SMS, PERSON)
        conversation = Conversation(contact_id=contact.id, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
        agreed = Case.agree(session, contact, two, {"need": "work"})
        with pytest.raises(consent.NoConsent):
            steps.make(session, conversation, one, agreed, "work", {}, settings)
        agreed.withdrawn_at = now()
        with pytest.raises(consent.NoConsent):
            steps.make(session, conversation, two, agreed, "work", {}, settings)


def test_the_bot_never_refers_in_a_sensitive_case(database: Database, settings: Settings) -> None:
    with database.transaction() as session:
        service = keep_service(session, referral_method="phone")
        contact = inbox.find_or_create_contact(session, Channel.SMS, PERSON)
        conversation = Conversation(contact_id=contact.id, not_understood=0, pages=0)
        session.add(conversation)
        session.flush()
        agreed = Case.agree(session, contact, service, {"need": "violence"})
        with pytest.raises(steps.NotPossible):
            steps.make(session, conversation, service, agreed, "violence", {}, settings)
        conversation.priority = 2
        with pytest.raises(steps.NotPossible):
            steps.make(session, conversation, service, agreed, "work", {}, settings)


def test_a_sensitive_referral_is_never_texted_about_but_our_people_see_it(
    database: Database, settings: Settings, partner: FlaskClient
) -> None:
    case = Case(database, settings, sensitive=True, published="no", needs="violence")
    enter(partner, case)
    answer(partner, case, action="accept")
    assert case.sms(PERSON) == []
    with database.reading() as session:
        assert session.query(Conversation).one().reason == "referral_news"


def test_silence_is_reminded_twice_then_given_to_people(case: Case) -> None:
    def later(days: float) -> None:
        with case.database.transaction() as session:
            ago = timedelta(days=days)
            referral = session.get_one(Referral, case.referral.id)
            referral.state_at -= ago
            if referral.reminded_at:
                referral.reminded_at -= ago
            session.flush()
            sweep.run(session, case.settings)

    later(1.01)
    later(1.01)
    later(0.5)
    assert len(case.sms(PARTNER)) == 1 + 2
    later(1)
    assert case.state() == ReferralState.NO_ANSWER
    with case.database.reading() as session:
        assert session.query(Conversation).one().reason == "referral_no_answer"


def test_what_is_personal_is_encrypted_at_rest(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    answer(partner, case, action="ask", words="marked words of a partner")
    with case.database.reading() as session:
        for table in ("referral", "referral_access", "referral_event", "service", "message"):
            for row in session.execute(text(f"SELECT * FROM {table}")):
                raw = repr(row)
                assert "10000001" not in raw
                assert "marked words" not in raw
                assert case.token not in raw
                assert PARTNER not in raw


def test_every_step_is_in_the_audit_trail_without_content(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    answer(partner, case, action="accept")
    with case.database.reading() as session:
        trail = [
            (r.action, r.detail) for r in session.execute(text("SELECT action, detail FROM audit_event"))
        ]
    actions = [action for action, _ in trail]
    assert "referral_made" in actions
    assert "referral_accepted" in actions
    assert not any(PERSON in detail for _, detail in trail)


def test_a_sent_link_isnt_kept_in_words(case: Case) -> None:
    with case.database.transaction() as session:
        session.execute(update(Message).values(state="delivered"))
        sweep.run(session, case.settings)
    assert case.sms(PARTNER)[0] == ""


def test_the_page_is_strict_and_not_kept(case: Case, partner: FlaskClient) -> None:
    page = partner.get(f"/partners/r/{case.token}")
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text


def test_an_operator_can_take_it_back(case: Case, partner: FlaskClient) -> None:
    enter(partner, case)
    with case.database.transaction() as session:
        operator: Operator = operators.add(session, "dara")[0]
        steps.withdraw(session, session.get_one(Referral, case.referral.id), operator)
    assert partner.get(f"/partners/r/{case.token}").status_code == 404

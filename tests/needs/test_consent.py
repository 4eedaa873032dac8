"""Consent: one purpose at a time, in words that are kept, remembered, withdrawn, and proven deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import audit, consent, operators, privacy, segments
from bot.models import AuditEvent, Consent, ConsentText, Form, Need, Profile, Skill
from bot.models.columns import now
from bot.needs import keeping
from bot.needs.codes import Answers
from bot.words import say
from tests.needs.conftest import Someone


def test_the_words_are_kept_as_they_were_shown(person: Someone) -> None:
    agreed = person.agree(consent.KEEP_NEEDS)
    shown = person.session.get_one(ConsentText, agreed.text_version)
    assert shown.text == "May we keep_needs?" and (shown.form, agreed.form) == ("en", "en")
    other = consent.show(person.session, consent.KEEP_NEEDS, Form.ENGLISH, "May we keep it?")
    assert other != agreed.text_version


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize(
    "key",
    ["ask_consent", "ask_contact_later", "ask_learn", "why_keep_needs", "why_contact_later", "why_learn"],
)
def test_every_consent_text_takes_at_most_two_sms(key: str, form: Form) -> None:
    assert segments.count(say(key, form)) <= 2


def test_one_yes_is_for_one_purpose_and_one_partner(person: Someone) -> None:
    person.agree(consent.SHARE, "nea")
    assert consent.is_given(person.session, person.contact, consent.SHARE, "nea")
    assert not consent.is_given(person.session, person.contact, consent.SHARE, "other")
    assert not consent.is_given(person.session, person.contact, consent.KEEP_NEEDS)
    with pytest.raises(ValueError, match="partner"):
        person.agree(consent.SHARE)


def test_a_no_is_remembered_for_a_month(person: Someone) -> None:
    refused = person.refuse(consent.KEEP_NEEDS)
    assert not consent.may_ask(person.session, person.contact, consent.KEEP_NEEDS)
    refused.at = now() - timedelta(days=31)
    assert consent.may_ask(person.session, person.contact, consent.KEEP_NEEDS)
    assert not consent.is_given(person.session, person.contact, consent.KEEP_NEEDS)


def test_who_withdrew_is_not_asked_again_at_once(person: Someone) -> None:
    agreed = person.agree(consent.KEEP_NEEDS)
    consent.withdraw(person.session, person.contact)
    assert not consent.may_ask(person.session, person.contact, consent.KEEP_NEEDS)
    agreed.withdrawn_at = now() - timedelta(days=31)
    assert consent.may_ask(person.session, person.contact, consent.KEEP_NEEDS)


def test_a_child_is_not_asked(person: Someone) -> None:
    person.contact.seems_child = True
    assert not any(consent.may_ask(person.session, person.contact, p) for p in consent.PURPOSES)


def test_nothing_is_kept_without_a_standing_yes(person: Someone) -> None:
    refused = person.refuse(consent.KEEP_NEEDS)
    for answer in (None, refused):
        with pytest.raises(consent.NoConsent):
            keeping.keep_need(person.session, person.conversation, answer, "need_debt")
        with pytest.raises(consent.NoConsent):
            keeping.keep_answers(person.session, person.conversation, answer, Answers(), {})
    assert person.session.scalars(select(Need)).first() is None


def test_somebody_elses_yes_does_not_count(new_person: object, person: Someone) -> None:
    other = new_person("+85510000002")  # type: ignore[operator]
    with pytest.raises(consent.NoConsent):
        keeping.keep_need(person.session, person.conversation, other.agree(consent.KEEP_NEEDS), "need_debt")


def keep_something(person: Someone) -> None:
    agreed = person.agree(consent.KEEP_NEEDS)
    told = Answers(needs=("job_find", "documents"), province="21", skills=("construction",), reach="text")
    keeping.keep_answers(person.session, person.conversation, agreed, told, {"skills": "bamboo houses"})


def test_answers_are_kept_in_codes_and_own_words_encrypted(person: Someone) -> None:
    keep_something(person)
    profile = person.session.get_one(Profile, person.contact.id)
    assert (profile.province, profile.words) == ("21", "bamboo houses")
    raw = person.session.connection().exec_driver_sql("SELECT words FROM profile").scalar_one()
    assert raw.startswith("v1.") and "bamboo" not in raw
    assert keeping.skills_of(person.session, person.contact) == ["construction"]
    assert {need.kind for need in keeping.needs_of(person.session, person.contact)} == {
        "job_find",
        "documents",
    }


def test_telling_again_changes_and_does_not_double(person: Someone) -> None:
    keep_something(person)
    keep_something(person)
    assert len(keeping.needs_of(person.session, person.contact)) == 2


def test_moving_changes_the_place_everywhere(person: Someone) -> None:
    keep_something(person)
    assert keeping.move(person.session, person.contact, "02", "0201")
    profile = person.session.get_one(Profile, person.contact.id)
    assert (profile.province, profile.district) == ("02", "0201")
    assert {need.province for need in keeping.needs_of(person.session, person.contact)} == {"02"}


def test_moving_keeps_nothing_of_somebody_unknown(person: Someone) -> None:
    assert not keeping.move(person.session, person.contact, "02", None)
    assert person.session.scalars(select(Profile)).first() is None


def test_withdrawing_deletes_what_rested_on_it_and_proves_it(person: Someone) -> None:
    keep_something(person)
    ids = sorted(person.session.scalars(select(Need.id)))
    erasure = privacy.withdraw(person.session, person.contact)
    assert erasure is not None
    for table in (Need, Profile, Skill):
        assert person.session.scalars(select(table)).first() is None
    assert erasure.counts == {"needs": 2, "profiles": 1}
    assert privacy.proof_holds(erasure, {"needs": ids, "profiles": [person.contact.id]})
    assert not privacy.proof_holds(erasure, {"needs": ids[:1], "profiles": [person.contact.id]})
    assert audit.first_broken(person.session) is None


def test_the_proof_holds_nothing_of_what_was_deleted(person: Someone) -> None:
    keep_something(person)
    erasure = privacy.forget(person.session, person.contact)
    entry = person.session.scalars(select(AuditEvent).where(AuditEvent.action == "forget")).one()
    told = f"{erasure.receipt} {erasure.counts} {erasure.hash} {entry.subject} {entry.detail}"
    for secret in ("bamboo", "construction", "documents", "85510000001"):
        assert secret not in told


def test_withdrawing_nothing_says_so(person: Someone) -> None:
    assert privacy.withdraw(person.session, person.contact) is None


def test_an_emergency_is_an_exception_with_a_reason_and_an_operator(person: Someone) -> None:
    operator, _ = operators.add(person.session, "dara")
    with pytest.raises(ValueError, match="reason"):
        consent.record_exception(
            person.session, person.contact, consent.SHARE, operator, "emergency", " ", partner="119"
        )
    made = consent.record_exception(
        person.session, person.contact, consent.SHARE, operator, "emergency", "not breathing", partner="119"
    )
    assert (made.basis, made.operator_id) == ("emergency", operator.id)
    assert consent.is_given(person.session, person.contact, consent.SHARE, "119")
    raw = person.session.connection().exec_driver_sql("SELECT reason FROM consent").scalar_one()
    assert "breathing" not in raw


def test_an_answer_replaces_the_one_before(person: Someone) -> None:
    person.agree(consent.CONTACT_LATER)
    person.refuse(consent.CONTACT_LATER)
    assert not consent.is_given(person.session, person.contact, consent.CONTACT_LATER)
    standing = select(Consent).where(Consent.withdrawn_at.is_(None))
    assert len(person.session.scalars(standing).all()) == 1

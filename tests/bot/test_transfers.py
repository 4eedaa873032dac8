"""Giving conversations on, the on-call rota, and what falls back to the queue by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot import audit, handoff, paging, shifts, teams, transfers, unread, wellbeing
from bot import operators as accounts
from bot.database import Database
from bot.handoff import NotYours
from bot.models import (
    AuditEvent,
    Channel,
    Conversation,
    Escalation,
    Message,
    Note,
    OnCallShift,
    Operator,
    Role,
    StaffSession,
    State,
    Transfer,
)
from bot.models.columns import now
from bot.settings import Settings
from tests.console.conftest import new_waiting

LONG_AGO = timedelta(hours=1)


def someone(database: Database, name: str, role: Role = Role.OPERATOR, there: bool = True) -> Operator:
    """An operator with a pager, at their desk or not."""
    with database.transaction() as session:
        pager = (Channel.SMS, f"+8551200{len(name):04}")
        operator, _ = accounts.add(session, name, role, language="en", pager=pager)
        if there:
            session.add(StaffSession(token_hash=name, operator_id=operator.id))
    return operator


@pytest.fixture
def sokha(database: Database) -> Operator:
    return someone(database, "sokha")


@pytest.fixture
def dara(database: Database) -> Operator:
    return someone(database, "dara")


@pytest.fixture
def held(database: Database, sokha: Operator) -> int:
    """A conversation that sokha has, and that waited for an hour before."""
    number = new_waiting(database, "please help me")
    with database.transaction() as session:
        handoff.claim(session, number, sokha)
        session.get_one(Conversation, number).waiting_since = now() - LONG_AGO
    return number


def get(database: Database, number: int) -> Conversation:
    with database.reading() as session:
        return session.get_one(Conversation, number)


def pages(database: Database) -> list[str]:
    with database.reading() as session:
        query = select(Message).where(Message.kind == "page").order_by(Message.id)
        return [message.address or "" for message in session.scalars(query)]


def test_a_colleague_gets_it_with_the_note_and_it_is_written_down(
    database: Database, sokha: Operator, dara: Operator, held: int
) -> None:
    with database.transaction() as session:
        transfers.to_operator(session, held, sokha, dara, "she speaks Thai")
    conversation = get(database, held)
    assert (conversation.state, conversation.operator_id) == (State.WITH_OPERATOR, dara.id)
    with database.reading() as session:
        assert session.scalars(select(Note)).one().body == "she speaks Thai"
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "transfer")).one()
        assert (event.actor, event.detail) == (f"operator:{sokha.id}", f"to operator:{dara.id}")
        given = transfers.last_to(session, held, dara.id)
        assert given is not None and given[1].name == "sokha"
        assert transfers.last_to(session, held, sokha.id) is None
        assert audit.first_broken(session) is None
        with pytest.raises(NotYours):
            handoff.require_owner(session, held, sokha)


def test_only_who_has_it_or_supervises_gives_it_on(
    database: Database, sokha: Operator, dara: Operator, held: int
) -> None:
    with database.transaction() as session, pytest.raises(NotYours):
        transfers.to_operator(session, held, dara, dara, "mine now")
    boss = someone(database, "bopha", Role.SUPERVISOR)
    with database.transaction() as session:
        transfers.to_operator(session, held, boss, dara, "please take it")
    assert get(database, held).operator_id == dara.id


def test_a_waiting_one_is_assigned_by_a_supervisor_and_counts_as_claimed(
    database: Database, dara: Operator
) -> None:
    number = new_waiting(database, "please help me")
    boss = someone(database, "bopha", Role.SUPERVISOR)
    with database.transaction() as session:
        transfers.to_operator(session, number, boss, dara, "please take it")
    with database.reading() as session:
        escalation = session.scalars(select(Escalation)).one()
        assert escalation.claimed_at is not None and escalation.operator_id == dara.id


def test_nobody_who_is_away_or_rests_or_only_reads_is_given_one(
    database: Database, settings: Settings, sokha: Operator, dara: Operator, held: int
) -> None:
    away = someone(database, "vanna", there=False)
    auditor = someone(database, "bopha", Role.AUDITOR)
    with database.transaction() as session:
        wellbeing.take_break(session, dara, settings)
    for receiver in (away, auditor, dara, sokha):
        with database.transaction() as session, pytest.raises(transfers.NotThere):
            transfers.to_operator(session, held, sokha, receiver, "please")
    assert get(database, held).operator_id == sokha.id


def test_a_team_gets_it_into_its_queue_with_the_waiting_time_it_had(
    database: Database, settings: Settings, sokha: Operator, held: int
) -> None:
    before = get(database, held).waiting_since
    with database.transaction() as session:
        team = teams.by_keys(session, [teams.WOMENS_DESK])[0]
        conversation = transfers.to_team(session, held, sokha, team, "a woman should go on")
        paging.page_on_call(session, conversation, settings)
    conversation = get(database, held)
    assert (conversation.state, conversation.team_id) == (State.WAITING, team.id)
    assert conversation.waiting_since == before and conversation.reason == "gbv"
    assert conversation.operator_id is None and conversation.queued_at is not None
    assert not teams.may_see(sokha, conversation)
    with database.reading() as session:
        reasons = [e.reason for e in session.scalars(select(Escalation).order_by(Escalation.id))]
    assert reasons == ["gbv", "transferred"]


def test_passed_up_it_waits_for_a_supervisor_who_is_paged_at_once(
    database: Database, settings: Settings, sokha: Operator, held: int
) -> None:
    boss = someone(database, "bopha", Role.SUPERVISOR)
    with database.transaction() as session:
        conversation = transfers.to_supervisors(session, held, sokha, "too much for me")
        paging.page_on_call(session, conversation, settings)
    assert get(database, held).for_supervisor
    assert pages(database) == [boss.pager_address]
    with database.transaction() as session:
        assert not handoff.claim(session, held, boss).for_supervisor


def test_what_a_colleague_does_not_open_in_time_is_in_the_queue_again(
    database: Database, settings: Settings, sokha: Operator, dara: Operator, held: int
) -> None:
    with database.transaction() as session:
        transfers.to_operator(session, held, sokha, dara, "please")
    with database.transaction() as session:
        assert transfers.return_unattended(session, settings) == []
        session.execute(update(Transfer).values(at=now() - LONG_AGO))
    with database.transaction() as session:
        assert [c.id for c in transfers.return_unattended(session, settings)] == [held]
    assert get(database, held).state == State.WAITING


def test_what_a_colleague_opened_stays_with_them(
    database: Database, settings: Settings, sokha: Operator, dara: Operator, held: int
) -> None:
    with database.transaction() as session:
        transfers.to_operator(session, held, sokha, dara, "please")
        unread.mark_read(session, held, dara.id)
        session.execute(update(Transfer).values(at=now() - LONG_AGO))
    with database.transaction() as session:
        assert transfers.return_unattended(session, settings) == []


def test_a_person_who_writes_to_an_operator_who_left_is_in_the_queue_again(
    database: Database, settings: Settings, sokha: Operator, held: int
) -> None:
    with database.transaction() as session:
        session.get_one(Conversation, held).claimed_at = now() - LONG_AGO
        message = session.scalars(select(Message)).one()
        message.created_at = now() - LONG_AGO / 2
    with database.transaction() as session:
        assert transfers.return_unattended(session, settings) == []  # she is at her desk
        session.execute(update(StaffSession).values(seen_at=now() - LONG_AGO))
    with database.transaction() as session:
        assert [c.id for c in transfers.return_unattended(session, settings)] == [held]
        session.flush()
        assert transfers.return_unattended(session, settings) == []
    assert get(database, held).state == State.WAITING


def test_the_rota_decides_who_is_paged_and_without_it_who_is_always_on_call(
    database: Database, settings: Settings, sokha: Operator, dara: Operator
) -> None:
    boss = someone(database, "bopha", Role.SUPERVISOR, there=False)
    with database.transaction() as session:
        session.get_one(Operator, sokha.id).on_call = True
        shifts.plan(session, boss, dara, now() - LONG_AGO, now() + LONG_AGO)
    new_waiting(database, "x")
    with database.transaction() as session:
        paging.page_on_call(session, session.scalars(select(Conversation)).one(), settings)
    assert pages(database) == [dara.pager_address]
    with database.transaction() as session:
        shifts.remove(session, boss, session.scalars(select(OnCallShift)).one())
    with database.reading() as session:
        assert [one.id for one in shifts.on_call(session)[0]] == [sokha.id]


def test_where_nobody_is_on_call_the_supervisors_are_paged(
    database: Database, settings: Settings, sokha: Operator
) -> None:
    boss = someone(database, "bopha", Role.SUPERVISOR, there=False)
    new_waiting(database, "x")
    with database.transaction() as session:
        paging.page_on_call(session, session.scalars(select(Conversation)).one(), settings)
    assert pages(database) == [boss.pager_address]


def test_a_backup_is_paged_when_the_first_does_not_come(
    database: Database, settings: Settings, sokha: Operator, dara: Operator
) -> None:
    number = new_waiting(database, "x")
    with database.transaction() as session:
        shifts.plan(session, sokha, sokha, now() - LONG_AGO, now() + LONG_AGO)
        shifts.plan(session, sokha, dara, now() - LONG_AGO, now() + LONG_AGO, backup=True)
        conversation = session.get_one(Conversation, number)
        paging.page_on_call(session, conversation, settings)
        conversation.waiting_since = conversation.queued_at = conversation.paged_at = now() - LONG_AGO
    assert pages(database) == [sokha.pager_address]
    with database.transaction() as session:
        assert paging.page_again(session, settings) == 1
    assert sorted(pages(database)[1:]) == sorted([sokha.pager_address or "", dara.pager_address or ""])


def test_shifts_repeat_by_week_and_gaps_are_found(database: Database, sokha: Operator) -> None:
    start = now().replace(microsecond=0)
    with database.transaction() as session:
        planned = shifts.plan(session, sokha, sokha, start, start + timedelta(hours=12), weeks=2)
        assert planned[1].starts_at - planned[0].starts_at == timedelta(weeks=1)
        for times in ((start, start), (start, start - LONG_AGO), (start, start + timedelta(days=2))):
            with pytest.raises(shifts.BadShift):
                shifts.plan(session, sokha, sokha, *times)
    end = start + timedelta(days=7)
    assert shifts.gaps(planned, start, end) == [(start + timedelta(hours=12), end)]
    assert shifts.gaps([], start, end) == [(start, end)]

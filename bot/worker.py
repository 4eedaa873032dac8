"""The worker process: takes turns, sends replies, and sweeps up what is overdue.

Each job runs in threads of its own and ends by itself: on SIGTERM the turn or sending in hand is
finished. After kill -9 the leases run out and the work is taken up again.
"""

from __future__ import annotations

import fcntl
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import func, select, true

from bot import (
    alarms,
    beats,
    follow_up,
    inbox,
    limits,
    notices,
    outbound,
    outbox,
    paging,
    reconcile,
    retention,
    safe_contact,
    sender,
)
from bot.brain import Brain, RasaBrain
from bot.channels import providers
from bot.database import Database, connect
from bot.events import forget_old
from bot.facts import today
from bot.insight import snapshots
from bot.jobs import alerts, listings
from bot.logs import configure_logs
from bot.models import Channel, Contact, Conversation, Form, Priority, State
from bot.models.columns import now
from bot.process import harden
from bot.referrals import sweep as referrals
from bot.reminders import bring_back
from bot.settings import Settings, load_settings
from bot.transfers import return_unattended
from bot.turn import take_turn
from bot.wakeup import Wakeup, make_wakeup

log = structlog.get_logger()
T = TypeVar("T")

TURN_THREADS = 3
SEND_THREADS = 4
_POLL_SECONDS = 0.1
_SWEEP_SECONDS = 5.0
_ALIVE_SECONDS = 10.0
_RECONCILE_SECONDS = 120.0
_HOURLY_SECONDS = 3600.0
_DAILY = timedelta(hours=20)  # looked at hourly, so that it comes round each day
_AFTER_FAILURE_SECONDS = 1.0


class Worker:
    """All jobs of one worker process on one database."""

    def __init__(self, database: Database, settings: Settings, brain: Brain, wakeup: Wakeup) -> None:
        self._database = database
        self._settings = settings
        self._brain = brain
        self._wakeup = wakeup
        self._providers = providers(settings)
        self._stop = threading.Event()
        self._name = beats.worker_name()
        self._looked_for_missed = False  # messages that came while all was away
        self._figures_of: date | None = None  # the day when figures were last looked after
        self._replies = threading.Event()  # a turn has just queued some
        self._one_claims_turns = threading.Lock()
        self._one_claims_replies = threading.Lock()

    def run(self) -> None:
        """Works until `stop`; returns when everything in hand is finished."""
        if not self._database.is_sqlite:
            self._work()
            return
        with only_worker(self._database, self._stop) as alone:
            if alone:
                # What is leased was in the hand of a worker that was killed.
                inbox.release_leases(self._database)
                sender.release_leases(self._database)
                self._work()

    def _work(self) -> None:
        threads = [threading.Thread(target=self._take_turns, name="turns") for _ in range(TURN_THREADS)]
        threads += [threading.Thread(target=self._send_replies, name="sending") for _ in range(SEND_THREADS)]
        due = [
            ("sweep", self._sweeps(), _SWEEP_SECONDS),
            ("alive", [self._tell_alive], _ALIVE_SECONDS),
            ("reconcile", [self._reconcile], _RECONCILE_SECONDS),
            ("hourly", [self._publish_figures, self._erase_overdue], _HOURLY_SECONDS),
        ]
        threads += [threading.Thread(target=self._do_what_is_due, args=job[1:], name=job[0]) for job in due]
        for thread in threads:
            thread.start()
        log.info("worker_started", threads=len(threads))
        for thread in threads:
            thread.join()
        beats.gone(self._database, self._name)
        log.info("worker_stopped")

    def stop(self) -> None:
        self._stop.set()

    def _take_turns(self) -> None:
        def work(claim: inbox.Claim) -> None:
            take_turn(self._database, claim, self._brain, self._settings)
            self._replies.set()

        self._repeat(
            "turns",
            self._one_claims_turns,
            lambda: inbox.claim_next(self._database),
            work,
            lambda: self._wakeup.wait(self._stop, _POLL_SECONDS),
        )

    def _send_replies(self) -> None:
        def wait() -> None:
            self._replies.wait(_POLL_SECONDS)
            self._replies.clear()

        self._repeat(
            "sending",
            self._one_claims_replies,
            lambda: sender.claim_next(self._database),
            lambda claim: sender.send(self._database, self._providers, claim),
            wait,
        )

    def _repeat(
        self,
        name: str,
        one_claims: threading.Lock,
        claim: Callable[[], T | None],
        work: Callable[[T], None],
        wait: Callable[[], None],
    ) -> None:
        """Claims and works until stopped. Of the threads with nothing to do one asks, the others wait."""
        while not self._stop.is_set():
            try:
                with one_claims:
                    claimed = None
                    while claimed is None and not self._stop.is_set():
                        claimed = claim()
                        if claimed is None:
                            wait()
                if claimed is not None:
                    work(claimed)
            except Exception as error:
                log.error("job_failed", job=name, error=type(error).__name__)
                self._stop.wait(_AFTER_FAILURE_SECONDS)

    def _do_what_is_due(self, steps: list[Callable[[], None]], pause: float) -> None:
        """What is due by time. A step that fails keeps none of the others from being done."""
        while not self._stop.is_set():
            for step in steps:
                try:
                    step()
                except Exception as error:
                    log.error("job_failed", job=step.__name__, error=type(error).__name__)
            self._stop.wait(pause)

    def _sweeps(self) -> list[Callable[[], None]]:
        steps = [
            self._page_again,
            self._bring_back,
            self._forget_old_events,
            self._tell_still_waiting,
            self._follow_up,
            self._watch_spending,
            self._watch_day,
            self._expire_listings,
            self._send_job_alerts,
            self._follow_referrals,
        ]
        return [*steps, self._leave_no_old_pages] if self._database.is_sqlite else steps

    def _tell_alive(self) -> None:
        beats.alive(self._database, self._name)

    def _reconcile(self) -> None:
        at_start, self._looked_for_missed = not self._looked_for_missed, True
        reconcile.run_due(self._database, self._settings, at_start)

    def _erase_overdue(self) -> None:
        """Once a day, whichever worker is first (docs/retention.md)."""
        if beats.claim(self._database, "retention", _DAILY):
            done = retention.run(self._database, self._settings)
            log.info("retention", **{erased.kind: erased.number for erased in done})

    def _page_again(self) -> None:
        with self._database.transaction() as session:
            for conversation in return_unattended(session, self._settings):
                paging.page_on_call(session, conversation, self._settings)
            paging.page_again(session, self._settings)

    def _bring_back(self) -> None:
        with self._database.transaction() as session:
            bring_back(session, self._settings, now())

    def _forget_old_events(self) -> None:
        with self._database.transaction() as session:
            forget_old(session)

    def _follow_up(self) -> None:
        with self._database.transaction() as session:
            follow_up.send_due(session, self._settings)

    def _watch_spending(self) -> None:
        with self._database.transaction() as session:
            outbound.watch_spending(session, self._settings)

    def _watch_day(self) -> None:
        with self._database.transaction() as session:
            alarms.watch_day(session, self._settings)

    def _expire_listings(self) -> None:
        with self._database.transaction() as session:
            listings.expire(session)

    def _send_job_alerts(self) -> None:
        with self._database.transaction() as session:
            alerts.send_due(session, self._settings)

    def _follow_referrals(self) -> None:
        with self._database.transaction() as session:
            referrals.run(session, self._settings)

    def _tell_still_waiting(self) -> None:
        """One notice to whoever waits longer than promised, once it is safe to text."""
        before = now() - timedelta(minutes=self._settings.answer_minutes)
        with self._database.transaction() as session:
            spent = limits.everyday_is_spent(session, self._settings)
            may_be_told = (Contact.channel != Channel.SMS) | (Conversation.priority <= Priority.SENSITIVE)
            waiting = (
                select(Conversation)
                .join(Contact)
                .where(may_be_told if spent else true())
                .where(Conversation.state == State.WAITING)
                .where(func.coalesce(Conversation.queued_at, Conversation.waiting_since) < before)
                .where(Conversation.still_waiting_told_at.is_(None), Conversation.reason != limits.DAY_SPENT)
                .where(safe_contact.writable(now()))
                .with_for_update(of=Conversation, skip_locked=True)
                .limit(50)
            )
            for conversation in session.scalars(waiting):
                conversation.still_waiting_told_at = now()
                words = notices.still_waiting(Form(conversation.contact.form))
                outbox.queue_notice(session, conversation, words)

    def _publish_figures(self) -> None:
        """A period's figures are published soon after it is over; of several workers one does it."""
        if self._figures_of == today():
            return
        with self._database.transaction() as session:
            made = snapshots.make_due(session)
        self._figures_of = today()
        if made:
            log.info("figures_published", periods=[period.name for period in made])

    def _leave_no_old_pages(self) -> None:
        # Deleted content stays readable in the write-ahead log until it is truncated. A checkpoint
        # can't run inside a transaction, so this goes past SQLAlchemy's.
        connection = self._database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


@contextmanager
def only_worker(database: Database, stop: threading.Event) -> Iterator[bool]:
    """Waits until no other worker runs on this SQLite file; False where `stop` came first."""
    path = f"{database.engine.url.database}.worker"
    with open(path, "w") as lock:
        told = False
        while not stop.is_set():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel frees it, whatever happens
            except BlockingIOError:
                if not told:
                    log.warning("worker_waits", why="SQLite has one worker, and another is running")
                told = True
                stop.wait(_AFTER_FAILURE_SECONDS)
            else:
                yield True
                return
        yield False


def main() -> None:
    """Runs the worker until SIGTERM or SIGINT."""
    harden()
    settings = load_settings()
    configure_logs(settings)
    database = connect(settings)
    worker = Worker(database, settings, RasaBrain(settings), make_wakeup(settings))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: worker.stop())
    worker.run()


if __name__ == "__main__":
    main()

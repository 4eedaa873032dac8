"""An operator's work on a conversation in a real browser, on the real application."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from bot import call_backs, facts, handoff, operators, outbox, protocols, reminders
from bot.brain import NoBrain
from bot.database import Database, connect, migrate
from bot.models import Channel, Conversation, Direction, Message, Operator, Role, WrapUp
from bot.models.columns import now
from bot.safe_contact import PHNOM_PENH
from bot.settings import Settings, load_settings
from tests.browser.test_journey import picture
from tests.conftest import Phone
from tests.console.conftest import OWN_PASSWORD, new_waiting
from web import create_app

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


@dataclass
class Console:
    """The application on a port of its own, with its database."""

    url: str
    database: Database
    settings: Settings

    def claimed(self, text: str, number: int) -> int:
        """A sensitive conversation that sokha has; its id."""
        waiting = new_waiting(self.database, text, address(number))
        with self.database.transaction() as session:
            handoff.claim(session, waiting, operators.by_name(session, "sokha"))
        return waiting

    def sent(self, conversation_id: int) -> list[str]:
        with self.database.reading() as session:
            query = select(Message).where(Message.conversation_id == conversation_id)
            out = session.scalars(query.where(Message.direction == Direction.OUT).order_by(Message.id))
            return [message.body for message in out]

    def change(self, conversation_id: int, **changes: Any) -> None:
        with self.database.transaction() as session:
            contact = session.get_one(Conversation, conversation_id).contact
            for name, value in changes.items():
                setattr(contact, name, value)


def address(number: int) -> str:
    return f"+8551000{number:04}"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    var = tmp_path_factory.mktemp("thread")
    settings = load_settings(
        {"PHLOV_ENV": "development", "PHLOV_VAR": str(var), "PORT": "8000", "PHLOV_SMS_PRICE": "0.05"}
    )
    migrate(settings)
    database = connect(settings)
    with database.transaction() as session:
        for name, role in (("sokha", Role.OPERATOR), ("mony", Role.MANAGER)):
            operator, _ = operators.add(session, name, role, language="en")
            operators.choose_password(session, operator, OWN_PASSWORD)
    server = make_server("127.0.0.1", 0, create_app(settings, database), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Console(f"http://127.0.0.1:{server.server_port}/console", database, settings)
    server.shutdown()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, console: Console) -> Iterator[Page]:
    """sokha's page; it fails the tests on any script error and on anything that its policy refused."""
    yield from _signed_in(browser, console, "sokha")


def _signed_in(browser: Browser, console: Console, name: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
    page.goto(f"{console.url}/sign-in")
    page.locator("[name=name]").fill(name)
    page.locator("[name=password]").fill(OWN_PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    yield page  # closed with its browser
    assert problems == []


def open_page(page: Page, console: Console, conversation_id: int) -> None:
    page.goto(f"{console.url}/conversations/{conversation_id}")


def test_a_failed_message_is_sent_again_once_however_often_it_is_pressed(
    signed_in: Page, console: Console
) -> None:
    conversation = console.claimed("hello", 1)
    with console.database.transaction() as session:
        held = session.get_one(Conversation, conversation)
        operator = session.get_one(Operator, held.operator_id)
        outbox.fail(session, outbox.queue_operator_message(session, held, operator, "are you there"), "x")
    second = signed_in.context.new_page()
    second.route("**/messages?*", lambda route: route.abort())  # it would show what the first page did
    for page in (signed_in, second):
        open_page(page, console, conversation)
    for page in (signed_in, second):
        page.get_by_role("button", name="Send again").click()
    expect(second.get_by_text("It was sent again already.")).to_be_visible()
    expect(second.get_by_role("button", name="Send again")).to_have_count(0)
    second.close()
    assert console.sent(conversation) == ["are you there"] * 2


def test_a_ready_made_reply_is_found_by_keys_and_put_into_the_reply(
    signed_in: Page, console: Console
) -> None:
    open_page(signed_in, console, console.claimed("hello", 2))
    reply = signed_in.locator("#reply")
    reply.press("/")
    expect(signed_in.locator("#canned-search")).to_be_focused()
    signed_in.locator("#canned-search").fill("emergency numbers")
    expect(signed_in.locator(".canned li:visible")).to_have_count(1)
    signed_in.keyboard.press("Enter")
    expect(reply).to_have_value("In an emergency call 117 (police) or 119 (ambulance).")
    expect(signed_in.locator("#segments")).to_contain_text("1 SMS segments")
    expect(signed_in.locator("#segments")).to_contain_text("costs 0.05 (1 × 0.05)")
    reply.press_sequentially(" ’")
    expect(signed_in.locator("#segments")).to_contain_text("this sign makes every segment shorter")


def test_a_draft_outlives_a_reload_and_is_in_no_storage_of_the_browser(
    signed_in: Page, console: Console
) -> None:
    conversation = console.claimed("hello", 3)
    open_page(signed_in, console, conversation)
    with signed_in.expect_response("**/draft"):
        signed_in.locator("#reply").press_sequentially("I am here for")
    signed_in.locator("#reply").press_sequentially(" you")
    signed_in.reload()
    expect(signed_in.locator("#reply")).to_have_value("I am here for you")
    stored = "JSON.stringify(sessionStorage) + JSON.stringify(localStorage)"
    assert "I am here" not in signed_in.evaluate(stored)
    signed_in.get_by_role("button", name="Send", exact=True).click()
    expect(signed_in.locator("#reply")).to_have_value("")
    signed_in.reload()
    expect(signed_in.locator("#reply")).to_have_value("")
    assert console.sent(conversation) == ["I am here for you"]


def test_words_that_give_somebody_away_are_warned_of_and_sent_only_when_confirmed(
    signed_in: Page, console: Console
) -> None:
    conversation = console.claimed("hello", 4)
    open_page(signed_in, console, conversation)
    signed_in.locator("#reply").press_sequentially("The shelter is open")
    expect(signed_in.locator("#warning")).to_contain_text("shelter")
    signed_in.get_by_role("button", name="Send", exact=True).click()
    expect(signed_in.get_by_role("alert")).to_contain_text("Not sent yet")
    picture(signed_in, "unsafe-words")
    assert console.sent(conversation) == []
    signed_in.locator("#reply").fill("The shelter is open at nine")
    signed_in.get_by_role("button", name="Send anyway").click()  # other words than those confirmed
    expect(signed_in.get_by_role("alert")).to_contain_text("Not sent yet")
    assert console.sent(conversation) == []
    signed_in.get_by_role("button", name="Send anyway").click()
    expect(signed_in.locator("#reply")).to_have_value("")
    assert console.sent(conversation) == ["The shelter is open at nine"]


def test_where_texting_is_not_safe_a_press_is_not_enough(signed_in: Page, console: Console) -> None:
    conversation = console.claimed("hello", 5)
    console.change(conversation, safe_to_text=False)
    open_page(signed_in, console, conversation)
    signed_in.locator("#reply").fill("Your paper is ready")
    signed_in.get_by_role("button", name="Send", exact=True).click()
    signed_in.get_by_role("button", name="Send anyway").click()
    expect(signed_in.get_by_role("alert")).to_contain_text("isn't safe to text")
    assert console.sent(conversation) == []
    signed_in.get_by_label("I know from the person").check()
    signed_in.get_by_role("button", name="Send anyway").click()
    expect(signed_in.locator("#reply")).to_have_value("")
    assert console.sent(conversation) == ["Your paper is ready"]


def test_in_quiet_hours_a_reply_asks_first(signed_in: Page, console: Console) -> None:
    conversation = console.claimed("hello", 6)
    hour = now().astimezone(PHNOM_PENH).hour
    console.change(conversation, quiet_from=hour, quiet_until=(hour + 2) % 24)
    open_page(signed_in, console, conversation)
    signed_in.locator("#reply").fill("Your paper is ready")
    signed_in.get_by_role("button", name="Send", exact=True).click()
    expect(signed_in.get_by_role("alert")).to_contain_text("at this hour")
    assert console.sent(conversation) == []


def test_the_code_word_is_agreed_used_seen_and_ended(signed_in: Page, console: Console) -> None:
    conversation = console.claimed("hello", 7)
    open_page(signed_in, console, conversation)
    settings = signed_in.locator("#safe-contact")
    settings.get_by_label("Code word").fill("stop")
    settings.get_by_role("button", name="Keep safe contact").click()
    expect(signed_in.get_by_text("already does something else")).to_be_visible()
    settings.get_by_label("Code word").fill("Rice price")
    settings.get_by_role("button", name="Keep safe contact").click()
    expect(signed_in.locator(".safe-strip")).to_contain_text("Has a code word")
    phone = Phone(console.database, NoBrain(), console.settings, Channel.SMS, address(7))  # type: ignore[arg-type]
    assert "Papers" in phone.write("rice price!")
    signed_in.reload()
    expect(signed_in.get_by_role("alert")).to_contain_text("The code word was used")
    picture(signed_in, "code-word")
    signed_in.get_by_role("button", name="The person has the phone again").click()
    signed_in.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(signed_in.get_by_text("harmless answers have ended")).to_be_visible()
    assert phone.write("it is me") == ""


def test_a_call_is_planned_listed_tried_again_and_made(signed_in: Page, console: Console) -> None:
    conversation = console.claimed("call me", 8)
    open_page(signed_in, console, conversation)
    signed_in.locator("#call-back summary").click()
    later = (now() + timedelta(hours=2)).astimezone(PHNOM_PENH)
    signed_in.locator("#call-back [name=due_at]").fill(f"{later:%Y-%m-%dT%H:%M}")
    signed_in.locator("#call-back [name=note]").fill("ask for the sister")
    signed_in.get_by_role("button", name="Plan the call").click()
    signed_in.get_by_role("link", name="list of calls").click()
    call = signed_in.locator(".calls li", has_text="ask for the sister")
    expect(call).not_to_contain_text(address(8))
    signed_in.wait_for_load_state()  # its scripts are there
    call.get_by_role("button", name="Show the number").click()
    expect(call).to_contain_text(address(8))
    with console.database.transaction() as session:
        held = session.get_one(Conversation, conversation)
        call_backs.of(session, held)[0].due_at = now() - timedelta(minutes=5)
    signed_in.reload()
    expect(signed_in.get_by_role("link", name="Calls (1)")).to_be_visible()
    expect(call).to_contain_text("overdue")
    picture(signed_in, "calls")
    call.locator("[name=again_at]").fill(f"{later:%Y-%m-%dT%H:%M}")
    call.get_by_role("button", name="Try again then").click()
    expect(call).to_contain_text("1 try")
    call.get_by_role("button", name="Reached", exact=True).click()
    expect(signed_in.get_by_role("heading", name="Ended lately")).to_be_visible()


def test_steps_are_ticked_and_a_sensitive_conversation_is_closed_with_its_wrap_up_only(
    signed_in: Page, console: Console
) -> None:
    conversation = console.claimed("hello", 9)
    open_page(signed_in, console, conversation)
    protocol = signed_in.locator("#protocol-gbv")
    step = protocol.get_by_role("checkbox", name="First ask whether the person is alone")
    step.click()
    expect(step).to_have_attribute("aria-checked", "true")
    expect(signed_in.locator("#step-gbv-alone")).to_contain_text("sokha")
    expect(protocol).not_to_contain_text("Child Helpline")
    protocol.get_by_role("checkbox", name="How old is the person?").click()
    expect(protocol).to_contain_text("Tell of the Child Helpline 1280")
    wrap_up = signed_in.locator("#wrap-up")
    wrap_up.locator("summary").click()
    wrap_up.get_by_label("How did it end?").select_option("helped")
    wrap_up.get_by_role("button", name="Close conversation").click()
    expect(signed_in.get_by_text("Mandatory steps aren't ticked. Tick them")).to_be_visible()
    wrap_up.get_by_label("How did it end?").select_option("referred")
    wrap_up.get_by_label("Note").fill("the supervisor has it")
    wrap_up.get_by_role("button", name="Close conversation").click()
    expect(signed_in.get_by_text("Say whom the person was referred to")).to_be_visible()
    wrap_up.get_by_label("How did it end?").select_option("referred")
    wrap_up.get_by_label("Child Helpline").check()
    wrap_up.get_by_label("Note").fill("the supervisor has it")
    day = facts.today() + timedelta(days=2)
    wrap_up.get_by_label("Ask again on").fill(day.isoformat())
    wrap_up.get_by_role("button", name="Close conversation").click()
    expect(signed_in.get_by_text("Closed.")).to_be_visible()
    with console.database.transaction() as session:
        kept = session.scalars(select(WrapUp).where(WrapUp.conversation_id == conversation)).one()
        assert (kept.outcome, kept.referrals) == ("referred", ["svc-chc-1280"])
        assert reminders.bring_back(session, console.settings, now() + timedelta(days=2)) == 1
        alias = session.get_one(Conversation, conversation).contact.alias
    signed_in.goto(f"{console.url}/queue")
    row = signed_in.locator(".queue li", has_text="a follow-up is due")
    row.locator("a").first.click()
    expect(signed_in.get_by_role("heading", level=1)).to_contain_text(alias, ignore_case=True)
    signed_in.locator(".earlier summary").click()
    expect(signed_in.locator(".earlier")).to_contain_text("referred to a service")


def test_a_manager_edits_a_protocol_and_operators_see_it(browser: Browser, console: Console) -> None:
    conversation = console.claimed("hello", 10)
    pages = _signed_in(browser, console, "mony")
    manager = next(pages)
    manager.goto(f"{console.url}/protocols/gbv")
    manager.locator("textarea[name=ask_en]").first.fill("Ask gently, and wait.")
    manager.get_by_role("button", name="Save").first.click()
    expect(manager.get_by_text("Operators see it from now on.")).to_be_visible()
    manager.goto(f"{console.url}/protocols/gbv")
    expect(manager.get_by_role("heading", name="History")).to_be_visible()
    picture(manager, "protocol-edit")
    next(pages, None)
    with console.database.reading() as session:
        assert protocols.every(session)["gbv"].sections["ask"][0].texts["en"] == "Ask gently, and wait."
        assert conversation


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["km", "en"])
def test_nothing_sticks_out_of_the_page(signed_in: Page, console: Console, language: str, width: int) -> None:
    conversation = console.claimed("a" * 300, 11 + width + len(language))
    console.change(conversation, covered_since=now(), quiet_from=1, quiet_until=2)
    signed_in.set_viewport_size({"width": width, "height": 800})
    signed_in.locator(f"button[name=language][value={language}]").click()
    for path in (f"/conversations/{conversation}?protocol=child_protection", "/calls", "/mentions"):
        signed_in.goto(console.url + path)
        wide = signed_in.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, path
    signed_in.set_viewport_size({"width": 1280, "height": 900})
    signed_in.locator("button[name=language][value=en]").click()

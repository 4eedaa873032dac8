"""The live queue in real browsers: two operators at once, news without reload, giving on, supervising."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot import operators
from bot.database import Database, connect
from bot.models import Role
from bot.settings import load_settings
from tests.browser.test_journey import OWN_PASSWORD, picture
from tests.console.conftest import new_waiting
from tests.processes.helpline import Helpline
from tests.stand_ins import Providers

pytestmark = [pytest.mark.browser, pytest.mark.processes]

Desk = Callable[..., Page]


@pytest.fixture(scope="module")
def helpline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Helpline]:
    """The web process alone: no person writes here, and nothing is sent."""
    with Providers() as providers:
        helpline = Helpline(providers, tmp_path_factory.mktemp("live"))
        helpline.phlov("migrate")
        try:
            helpline.start("web")
            helpline.wait_until_ready(brain=False)
            yield helpline
        finally:
            helpline.stop()


@pytest.fixture(scope="module")
def database(helpline: Helpline) -> Database:
    return connect(load_settings(helpline.environment))


@pytest.fixture
def desk(browser: Browser, helpline: Helpline, database: Database) -> Iterator[Desk]:
    """Opens a signed-in operator's queue; script errors and refused content fail the test."""
    problems: list[str] = []
    pages: list[Page] = []

    def sign_in(
        name: str, role: Role = Role.OPERATOR, *, width: int = 1280, script: str = "", language: str = "en"
    ) -> Page:
        with database.transaction() as session:
            operator, _ = operators.add(session, name, role, language=language)
            operators.choose_password(session, operator, OWN_PASSWORD)
        context = browser.new_context(
            viewport={"width": width, "height": 900}, permissions=["notifications"], base_url=helpline.url
        )
        page = context.new_page()
        page.add_init_script(script)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console", lambda line: problems.append(line.text) if "Content Security" in line.text else None
        )
        page.goto("/console/sign-in")
        page.locator("input[name=name]").fill(name)
        page.locator("input[name=password]").fill(OWN_PASSWORD)
        page.locator("main button").click()
        expect(page.locator("#rows")).to_be_visible()
        expect(page.locator("html[data-live=yes]")).to_be_attached()
        pages.append(page)
        return page

    yield sign_in
    for page in pages:
        page.context.close()
    assert problems == []


def row(page: Page, number: int) -> Locator:
    return page.locator(f"[data-row='{number}']")


def test_of_two_who_claim_at_once_one_gets_it_and_the_other_reads_who(desk: Desk, database: Database) -> None:
    pages = {name: desk(name) for name in ("sokha", "dara")}
    number = new_waiting(database, "please help me", "+85516000001")
    for page in pages.values():
        expect(row(page, number)).to_be_visible()
    one, other = pages.values()
    with one.expect_navigation(), other.expect_navigation():
        for page in (one, other):
            page.evaluate(f"document.querySelector(\"[data-row='{number}'] form\").submit()")
    won = [name for name, page in pages.items() if page.url.endswith(f"/conversations/{number}")]
    assert len(won) == 1
    lost = next(page for name, page in pages.items() if name not in won)
    expect(lost.locator(".notice")).to_contain_text(f"{won[0]} was faster")


def test_a_new_conversation_is_there_without_a_reload_and_is_claimed_by_one_key(
    desk: Desk, database: Database
) -> None:
    page = desk("vanna")
    page.evaluate("window.here = true")
    number = new_waiting(database, "please help me", "+85516000002", priority=1)
    expect(row(page, number)).to_be_visible(timeout=3_000)
    expect(page).to_have_title(re.compile(r"^\(\d+\) "))
    expect(page.locator(f"[data-row='{number}'] .wait")).to_have_class(re.compile("on_time"))
    assert page.evaluate("window.here")
    picture(page, "queue-live")
    page.locator(f"#row-{number}").focus()
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile(rf"/conversations/{number}$"))


NOTED = """
  window.shown = [];
  const Real = window.Notification;
  window.Notification = class extends Real {
    constructor(title, options) { super(title, options); window.shown.push(`${title}: ${options.body}`); }
  };
"""


def test_immediate_danger_raises_a_notice_once_that_says_nothing_of_anyone(
    desk: Desk, database: Database
) -> None:
    page = desk("kosal", script=NOTED)
    button = page.get_by_role("button", name="Notice for immediate danger")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    new_waiting(database, "please help me", "+85516000003", priority=2)
    number = new_waiting(database, "he will kill me", "+85516000004", priority=1)
    expect(row(page, number)).to_be_visible()
    page.wait_for_function("window.shown.length > 0")
    new_waiting(database, "please help me", "+85516000005", priority=3)
    page.wait_for_timeout(1_000)
    assert page.evaluate("window.shown") == ["Phlov: Please look at the queue."]


def test_typing_is_seen_and_a_conversation_given_on_arrives_marked(desk: Desk, database: Database) -> None:
    giver, taker = desk("bora"), desk("chanthy")
    number = new_waiting(database, "please help me", "+85516000006", priority=3)
    giver.goto(f"/console/conversations/{number}")
    giver.locator("form[action$='/claim'] button").click()
    taker.goto(f"/console/conversations/{number}")
    giver.locator("#reply").press_sequentially("Hello")
    expect(taker.locator(".presence")).to_contain_text("bora is typing")
    expect(giver.locator(".presence")).to_contain_text("chanthy is reading along")
    picture(taker, "presence")
    taker.goto("/console/queue?show=mine")
    giver.get_by_text("Give to somebody else").click()
    giver.get_by_label("To whom?").select_option(label="chanthy, has 0")
    giver.get_by_label("Note for whoever takes over").fill("speaks Thai")
    picture(giver, "transfer")
    giver.get_by_role("button", name="Give on").click()
    expect(giver.locator(".notice")).to_contain_text("Given on.")
    expect(row(taker, number)).to_contain_text("given to you by bora", timeout=3_000)
    taker.locator(f"#row-{number}").click()
    expect(taker.locator(".presence")).to_contain_text("bora gave you this")
    expect(taker.locator(".thread")).to_contain_text("speaks Thai")


def test_a_colleagues_call_appears_by_itself_and_leads_to_the_note(desk: Desk, database: Database) -> None:
    called, calling = desk("phalla"), desk("rany")
    called.evaluate("window.here = true")
    number = new_waiting(database, "please help me", "+85516000021")
    calling.goto(f"/console/conversations/{number}")
    calling.locator("#note").fill("@phalla do you know her village?")
    calling.get_by_role("button", name="Keep note").click()
    call = called.get_by_role("link", name=re.compile("rany calls you to"))
    expect(call).to_be_visible(timeout=3_000)
    expect(called.get_by_role("link", name="Mentions (1)")).to_be_visible()
    assert called.evaluate("window.here")
    call.click()
    expect(called).to_have_url(re.compile(rf"/conversations/{number}#note-\d+$"))
    expect(called.get_by_text("do you know her village?")).to_be_in_viewport()
    expect(called.get_by_role("link", name="Mentions", exact=True)).to_be_visible()
    expect(call).to_have_count(0)


def test_a_supervisor_reads_along_and_reassigns(desk: Desk, database: Database) -> None:
    boss, busy = desk("bopha", Role.SUPERVISOR), desk("rithy")
    desk("srey")
    number = new_waiting(database, "please help me", "+85516000007")
    busy.goto(f"/console/conversations/{number}")
    busy.locator("form[action$='/claim'] button").click()
    boss.goto("/console/supervision")
    picture(boss, "board")
    boss.locator(f"#read-{number}").click()
    expect(busy.locator(".presence")).to_contain_text("bopha is reading along")
    boss.goto("/console/supervision")
    boss.locator(f"#reassign-{number}").click()
    boss.get_by_label("To whom?").select_option(label="srey, has 0")
    boss.get_by_label("Note for whoever takes over").fill("rithy needs a break")
    boss.get_by_role("button", name="Give on").click()
    expect(boss.get_by_role("heading", name="Supervision")).to_be_visible()
    expect(boss.locator(f"tr:has(#reassign-{number})")).to_contain_text("srey")


PAGES = ("queue", "hand-over", "supervision", "supervision/on-call", "supervision/reviews")


@pytest.mark.parametrize("language", ["km", "en"])
def test_every_page_fits_a_phones_screen(desk: Desk, database: Database, language: str) -> None:
    new_waiting(database, "please help me", f"+8551600001{len(language)}{language == 'km':d}", priority=1)
    page = desk(f"sophea-{language}", Role.SUPERVISOR, width=360, language=language)
    for path in PAGES:
        page.goto(f"/console/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        picture(page, f"{path.replace('/', '-')}-phone-{language}")

"""Sign-in, lock, cover, keys and accessibility of the whole console, in a real browser in both languages."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Error, Page, expect
from sqlalchemy import update
from werkzeug.serving import make_server

from bot import catalogues, operators
from bot.commands.brain_process import free_port
from bot.database import Database, connect
from bot.models import Conversation, Role, StaffSession, Team
from bot.models.columns import now
from bot.permissions import PERMISSIONS
from bot.settings import load_settings
from bot.teams import WOMENS_DESK
from console import access
from tests.browser.test_journey import picture
from tests.conftest import KEY
from tests.console.conftest import new_waiting
from tests.console.routes import console_rules, path_of
from web import create_app

pytestmark = pytest.mark.browser
OWN_PASSWORD = "a quiet road by the river"


class Console:
    """The real application on a port of its own."""

    def __init__(self, app: Flask, database: Database, url: str) -> None:
        self.app, self.database, self.url = app, database, url

    def account(self, name: str, role: Role = Role.OPERATOR) -> str:
        """A new account; its one-time password."""
        with self.database.transaction() as session:
            return operators.add(session, name, role, language="en")[1]

    def signed_in(self, browser: Browser, role: Role, name: str) -> Page:
        """A page of an operator who has an own password."""
        password = self.account(name, role)
        with self.database.transaction() as session:
            operators.choose_password(session, operators.by_name(session, name), OWN_PASSWORD)
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        assert password
        page.goto(f"{self.url}/console/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(OWN_PASSWORD)
        page.locator("main").get_by_role("button").click()
        page.wait_for_url(re.compile(r"/console/(?!sign-in)"))
        return page

    def be_idle(self) -> None:
        with self.database.transaction() as session:
            session.execute(update(StaffSession).values(active_at=now() - timedelta(minutes=6)))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, filled_file: Path) -> Iterator[Console]:
    folder, port = tmp_path_factory.mktemp("console"), free_port()
    shutil.copy(filled_file, folder / "test.db")
    settings = load_settings(
        {
            "PHLOV_VAR": str(folder),
            "PHLOV_KEYS": KEY,
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "DATABASE_URL": f"sqlite:///{folder}/test.db",
        }
    )
    database = connect(settings)
    app = create_app(settings, database)
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Console(app, database, f"http://127.0.0.1:{port}")
    server.shutdown()
    database.engine.dispose()


@pytest.fixture(scope="module")
def desk(console: Console, browser: Browser) -> Page:
    """An operator's page for the tests that leave the session as it was."""
    return console.signed_in(browser, Role.OPERATOR, "sokha")


@pytest.fixture(scope="module")
def conversation(console: Console) -> int:
    return new_waiting(console.database, "\u202eplease help me <b>now</b>", "+85510000001", priority=1)


def test_a_first_sign_in_sets_up_password_and_app(console: Console, browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{console.url}/console")
    page.get_by_label("Name").fill("dara")
    page.get_by_label("Password").fill(console.account("dara"))
    page.keyboard.press("Enter")
    page.get_by_label("New password").fill(OWN_PASSWORD)
    page.get_by_label("Once more").fill(OWN_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="My account").click()
    page.get_by_role("link", name="Turn it on").click()
    expect(page.get_by_role("img", name="Picture for the app")).to_be_visible()
    picture(page, "second-factor")
    app = pyotp.TOTP(page.locator("code").inner_text().replace(" ", ""))
    page.get_by_label("Code").fill(app.now())
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have written them down").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/console/sign-in")
    page.get_by_label("Name").fill("dara")
    page.get_by_label("Password").fill(OWN_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("recovery code").fill(app.generate_otp(app.timecode(now()) + 1))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.context.close()


def test_an_idle_page_locks_shows_nothing_and_gives_the_draft_back(
    console: Console, browser: Browser
) -> None:
    mine = new_waiting(console.database, "i am afraid", "+85510000050")
    page = console.signed_in(browser, Role.OPERATOR, "bopha")
    page.goto(f"{console.url}/console/conversations/{mine}")
    page.keyboard.press("c")
    reply = page.locator("#reply")
    expect(page.locator("#segments")).not_to_be_empty()  # the page's script is there
    with page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.status == 200):
        reply.fill("I am here with you")
    console.be_idle()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("afraid")
    picture(page, "locked")
    page.get_by_label("Your password").fill(OWN_PASSWORD)
    page.keyboard.press("Enter")
    expect(reply).to_have_value("I am here with you")
    page.context.close()


def test_escape_twice_covers_the_page_and_its_title(console: Console, desk: Page, conversation: int) -> None:
    desk.goto(f"{console.url}/console/conversations/{conversation}")
    title = desk.title()
    desk.keyboard.press("Escape")
    expect(desk.locator("#cover")).to_be_hidden()
    desk.wait_for_timeout(700)
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    expect(desk.locator("#cover")).to_be_visible()
    assert desk.title() == "—"
    assert desk.evaluate("document.elementFromPoint(200, 200).closest('#cover') !== null")
    assert desk.evaluate("document.getElementById('main').inert")
    desk.evaluate("document.title = '(3) Queue'")
    desk.wait_for_timeout(50)
    assert desk.title() == "—"
    desk.keyboard.press("Enter")
    expect(desk.locator("#cover")).to_be_hidden()
    assert desk.title() in (title, "(3) Queue")


def test_the_sheet_tells_the_keys_of_that_page(console: Console, desk: Page, conversation: int) -> None:
    desk.goto(f"{console.url}/console/queue")
    desk.keyboard.press("?")
    sheet = desk.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("claim it")
    expect(sheet).not_to_contain_text("write a note")
    desk.keyboard.press("Escape")
    desk.goto(f"{console.url}/console/conversations/{conversation}")
    desk.keyboard.press("Shift+?")
    expect(sheet).to_contain_text("write a note")
    desk.keyboard.press("Escape")
    desk.keyboard.press("n")
    expect(desk.locator("#note")).to_be_focused()
    desk.keyboard.type("?c")
    expect(desk.locator("#note")).to_have_value("?c")


def test_the_queue_is_worked_by_keys_alone(console: Console, browser: Browser) -> None:
    for number in range(2):
        new_waiting(console.database, "hello", f"+8551000006{number}", priority=4)
    page = console.signed_in(browser, Role.OPERATOR, "keys")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.closest('li').dataset.row")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile(rf"/conversations/{second}$"))
    page.wait_for_load_state()  # keys work once the page's scripts are there
    page.keyboard.press("r")
    expect(page.locator("#reply")).to_be_focused()
    page.context.close()


def test_every_stop_of_the_tab_key_shows_where_it_is(console: Console, desk: Page) -> None:
    desk.goto(f"{console.url}/console/queue")
    for _ in range(12):
        desk.keyboard.press("Tab")
        width = desk.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width >= 2, desk.evaluate("document.activeElement.outerHTML")


def test_what_people_write_cannot_turn_what_is_around_it(
    console: Console, desk: Page, conversation: int
) -> None:
    desk.goto(f"{console.url}/console/conversations/{conversation}")
    bodies = desk.locator(".thread p")
    assert bodies.count()
    kinds = bodies.evaluate_all("all => all.map(p => getComputedStyle(p).unicodeBidi)")
    assert set(kinds) <= {"isolate", "plaintext", "isolate-override"}
    assert desk.locator(".thread b").count() == 0


def pages_of(console: Console, conversation: int) -> Iterator[tuple[Role, str]]:
    """Every page of the console with a role that may open it."""
    taken = set()
    for rule in console_rules(console.app):
        permission = access.permission_for(console.app, rule.endpoint)
        if "GET" not in (rule.methods or ()) or permission is None or "event" in rule.endpoint:
            continue
        role = next(role for role in Role if permission in PERMISSIONS[role])
        path = path_of(console.app, rule, conversation_id=conversation)
        if path not in taken:
            taken.add(path)
            yield role, path


def problems_of(page: Page) -> Iterator[tuple[str, str]]:
    """What axe finds (in Khmer, as both languages have the same elements), and where the page is wider than
    a screen of 640 px (200 % of 1280) or 360 px."""
    if page.locator("html").get_attribute("lang") == "km":
        for violation in Axe().run(page).response["violations"]:
            yield violation["id"], violation["nodes"][0]["html"][:160]
    for width in (640, 360):
        page.set_viewport_size({"width": width, "height": 700})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            yield f"{over} px too wide at {width}", ""
    page.set_viewport_size({"width": 1280, "height": 800})


# What the page says by itself: not what people, colleagues or sources wrote, nor a key to type.
_SAID = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const others = "bdi, code, textarea, option, ins, del, [lang], [dir=auto], .source, .thread p, .who";
  while (walker.nextNode()) {
    const { parentElement: holder, data } = walker.currentNode;
    if (data.trim() && holder.checkVisibility() && !holder.closest(others)) found.push(data.trim());
  }
  return found;
}"""


def untranslated(page: Page, language: str) -> Iterator[tuple[str, str]]:
    """English sentences of the catalogue on a Khmer page, and times as machines write them on any."""
    said = page.evaluate(_SAID)
    for text in said:
        if re.search(r"\d{4}-\d\d-\d\dT\d\d|<[A-Z][a-z]+ object|\bNone\b", text):
            yield "not for people", text
        if language == "km" and text in english_only():
            yield "not translated", text


@cache
def english_only() -> frozenset[str]:
    """The English sentences that are other words in Khmer."""
    catalogue = catalogues.read("console", "km")
    return frozenset(str(m.id) for m in catalogue if m.id and m.string != m.id and "%" not in str(m.id))


def test_every_page_in_both_languages_is_accessible_translated_and_never_wider_than_the_screen(
    console: Console, browser: Browser, conversation: int
) -> None:
    """axe finds nothing; nothing scrolls sideways at 360 px nor at 200 % of a 1280 px screen."""
    theirs = new_waiting(console.database, "another team's", "+85510000070")
    with console.database.transaction() as session:
        session.get_one(Conversation, theirs).team = session.query(Team).filter_by(key=WOMENS_DESK).one()
    visits = [*pages_of(console, conversation), (Role.OPERATOR, f"/console/conversations/{theirs}/open")]
    problems = []
    for role in dict.fromkeys(role for role, _ in visits):
        page = console.signed_in(browser, role, f"axe-{role}")
        for language in ("km", "en"):
            page.goto(f"{console.url}/console/account")
            page.locator(f".language button[value={language}]").click()
            for path in (path for visitor, path in visits if visitor == role):
                try:
                    answer = page.goto(f"{console.url}{path}")
                except Error as problem:
                    if "Download is starting" in str(problem):
                        continue
                    raise
                if answer and "<!doctype html>" in answer.text()[:100]:
                    assert page.locator("html").get_attribute("lang") == language
                    problems += [(path, language, *problem) for problem in problems_of(page)]
                    problems += [(path, language, *problem) for problem in untranslated(page, language)]
        page.context.close()
    assert problems == []


def test_what_cannot_be_taken_back_is_asked_once_more(console: Console, browser: Browser) -> None:
    page = console.signed_in(browser, Role.ADMINISTRATOR, "rith")
    console.account("leaving")
    page.goto(f"{console.url}/console/staff")
    page.get_by_role("link", name="leaving").click()
    page.get_by_role("button", name="Disable this account").click()
    sure = page.get_by_role("dialog")
    expect(sure).to_contain_text("leaving is signed out everywhere")
    sure.get_by_role("button", name="No, go back").click()
    expect(sure).to_be_hidden()
    expect(page.get_by_role("button", name="Disable this account")).to_be_focused()
    page.get_by_role("button", name="Disable this account").click()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Disabled, and signed out everywhere.")).to_be_visible()
    page.context.close()


def test_it_is_asked_too_while_the_pages_other_scripts_are_still_coming(
    console: Console, browser: Browser
) -> None:
    page = console.signed_in(browser, Role.ADMINISTRATOR, "kosal")
    console.account("staying")
    page.route("**/htmx.min.js", lambda route: None)  # never comes, and what is deferred waits for it
    page.goto(f"{console.url}/console/staff", wait_until="commit")
    page.get_by_role("link", name="staying").click()
    page.get_by_role("button", name="Disable this account").click()
    expect(page.get_by_role("dialog")).to_contain_text("staying is signed out everywhere")
    page.context.close()


def test_control_and_enter_send_while_the_pages_other_scripts_are_still_coming(
    console: Console, browser: Browser, conversation: int
) -> None:
    page = console.signed_in(browser, Role.OPERATOR, "theary")
    page.route("**/htmx.min.js", lambda route: None)  # never comes, and what is deferred waits for it
    page.goto(f"{console.url}/console/conversations/{conversation}", wait_until="commit")
    page.get_by_label("Internal note").fill("call her sister first")
    page.get_by_label("Internal note").press("Control+Enter")
    expect(page.locator(".thread")).to_contain_text("call her sister first")
    page.context.close()


def test_on_a_phone_the_menu_unfolds_and_a_table_is_a_list(console: Console, browser: Browser) -> None:
    page = console.signed_in(browser, Role.ADMINISTRATOR, "vuthy")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{console.url}/console/staff")
    expect(page.locator("#menu")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.locator("#menu a").first).to_be_focused()
    row = page.locator("tbody tr", has_text="vuthy")
    label = "getComputedStyle(element, '::before').content"
    assert "Role" in row.locator("td").nth(1).evaluate(f"element => {label}")
    page.context.close()


def test_going_back_after_signing_out_shows_nothing_of_a_case(
    console: Console, browser: Browser, conversation: int
) -> None:
    page = console.signed_in(browser, Role.OPERATOR, "going-home")
    page.goto(f"{console.url}/console/conversations/{conversation}")
    assert "please help me" in page.content()
    page.goto(f"{console.url}/console/queue")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/console/sign-in")
    for _ in range(2):
        page.go_back()
        assert "please help me" not in page.content() and page.url.endswith("/console/sign-in")
    page.context.close()


def test_what_is_typed_is_shown_on_demand_and_hidden_again_when_sent(
    console: Console, browser: Browser
) -> None:
    page = browser.new_context(locale="en").new_page()
    page.goto(f"{console.url}/console/sign-in")
    page.locator(".language button[value=en]").click()
    field = page.get_by_label("Password")
    field.fill("wrong words here")
    page.get_by_label("Show what I type").check()
    expect(field).to_have_attribute("type", "text")
    page.get_by_label("Show what I type").uncheck()
    expect(field).to_have_attribute("type", "password")
    page.context.close()


def test_the_pages_before_the_sign_in_are_accessible(console: Console, browser: Browser) -> None:
    page = browser.new_context(reduced_motion="reduce", locale="km").new_page()
    page.goto(f"{console.url}/console/sign-in")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("getComputedStyle(document.body).transitionDuration") == "0s"
    page.context.close()

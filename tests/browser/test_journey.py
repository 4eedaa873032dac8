"""A person writes on the simulated phone, an operator answers in the console: in a real browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.processes.helpline import Helpline, running_helpline

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.brain]

OWN_PASSWORD = "a quiet road by the river"


@pytest.fixture(scope="module")
def helpline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Helpline]:
    with running_helpline(tmp_path_factory.mktemp("browser"), simulated=True) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test on any script error or anything that its policy refused."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
    yield page
    page.close()
    assert problems == []


def picture(page: Page, name: str) -> None:
    """Keeps a screenshot where PHLOV_SCREENSHOTS says; the README's come from here."""
    folder = os.environ.get("PHLOV_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def sign_in(page: Page, helpline: Helpline, name: str) -> None:
    """Signs a new operator in with the one-time password and chooses an own one."""
    printed = helpline.phlov("operator", "add", name, "--language", "en")
    password = re.search(r"with (\S+),", printed)
    assert password
    page.goto(f"{helpline.url}/console")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password[1])
    page.locator("main").get_by_role("button").click()
    page.get_by_label("New password").fill(OWN_PASSWORD)
    page.get_by_label("Once more").fill(OWN_PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


def write(page: Page, channel: str, text: str) -> None:
    phone = page.locator(f"[data-channel={channel}]")
    phone.get_by_label("Message").fill(text)
    phone.get_by_role("button", name="Send").click()


def test_a_question_by_sms_and_one_by_telegram_are_answered(page: Page, helpline: Helpline) -> None:
    page.goto(f"{helpline.url}/simulator")
    write(page, "sms", "ខ្ញុំចង់ធ្វើលិខិតឆ្លងដែន ធ្វើនៅណា?")
    write(page, "telegram", "how do i get a birth certificate for my son")
    sms = page.locator("[data-channel=sms] .messages li")
    expect(sms).to_have_count(2, timeout=20_000)
    expect(sms.last).to_contain_text("លិខិតឆ្លងដែន")
    expect(sms.last).to_contain_text(re.compile(r"[123] SMS"))
    chat = page.locator("[data-channel=telegram] .messages li")
    expect(chat).to_have_count(2, timeout=20_000)
    expect(chat.last).to_contain_text("commune")
    expect(sms.last).to_contain_text("delivered", timeout=20_000)
    picture(page, "simulator")
    chat.last.get_by_role("button", name="A person").click()
    expect(chat.last).to_contain_text("A person will answer", timeout=20_000)


def test_a_sensitive_message_is_claimed_and_answered_and_the_answer_arrives(
    browser: Browser, page: Page, helpline: Helpline
) -> None:
    phone = browser.new_page()
    phone.goto(f"{helpline.url}/simulator")
    phone.locator("[data-channel=sms] .who").select_option("+85510000002")
    write(phone, "sms", "my husband hits me when he drinks, i am afraid to go home")
    answers = phone.locator("[data-channel=sms] .messages li")
    expect(answers).to_have_count(2, timeout=20_000)
    expect(answers.last).to_contain_text("119")

    sign_in(page, helpline, "sokha")
    row = page.locator(".queue li", has_text="violence or abuse")
    expect(row).to_be_visible()
    expect(page.locator(".queue")).not_to_contain_text("husband")
    picture(page, "queue")
    row.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("i am afraid to go home")).to_be_visible()
    page.get_by_label("Reply in: English").fill("Thank you for telling me. I am here. Is now a good time?")
    expect(page.locator("#segments")).to_contain_text("1 SMS segments")
    page.get_by_label("Internal note").fill("call the women's desk tomorrow")
    page.get_by_role("button", name="Keep note").click()
    expect(page.locator(".thread")).to_contain_text("call the women's desk tomorrow")
    page.get_by_label("Reply in: English").fill("Thank you for telling me. I am here. Is now a good time?")
    page.get_by_label("Reply in: English").press("Control+Enter")
    expect(answers.last).to_contain_text("I am here. Is now a good time?", timeout=20_000)
    expect(page.locator(".thread li.out").last).to_contain_text("delivered", timeout=20_000)
    picture(page, "conversation")
    expect(phone.locator("[data-channel=sms]")).not_to_contain_text("women's desk")

    ending = page.locator("#wrap-up")
    ending.locator("summary").click()
    ending.get_by_label("How did it end?").select_option("helped")
    ending.get_by_label("Note").fill("she is with her aunt and calls us tomorrow")
    ending.get_by_role("button", name="Close conversation").click()
    expect(page.get_by_text("Closed.")).to_be_visible()
    phone.close()


def test_the_queue_moves_by_itself_and_by_keys(page: Page, helpline: Helpline) -> None:
    sign_in(page, helpline, "dara")
    helpline.sms("0", "+85510000077")
    row = page.locator(".queue li", has_text="asked for a person").last
    expect(row).to_be_visible(timeout=20_000)
    expect(page).to_have_title(re.compile(r"^\([1-9]"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Conversation")).to_be_visible()
    page.wait_for_load_state()  # its scripts are there
    for _ in range(5):  # two presses count only shortly after one another, which a busy machine may miss
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.wait_for_timeout(300)
        if page.locator("#cover").is_visible():
            break
    expect(page.locator("#cover")).to_be_visible()


def test_what_people_write_is_never_markup(page: Page, helpline: Helpline) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202edrow {{7*7}} 0"
    helpline.sms(hostile, "+85510000078")
    helpline.sms("i want to talk with a person please", "+85510000078")
    sign_in(page, helpline, "vanna")
    page.goto(f"{helpline.url}/console/queue?show=all")
    row = page.locator(".queue li").last
    expect(row).to_be_visible(timeout=20_000)
    row.locator("a").click()
    assert page.locator(".thread img, .thread script").count() == 0


def test_the_console_speaks_khmer_on_a_phones_screen(browser: Browser, helpline: Helpline) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    sign_in(page, helpline, "bopha")
    page.get_by_role("button", name="ខ្មែរ").click()
    expect(page.locator("html")).to_have_attribute("lang", "km")
    expect(page.get_by_role("heading", level=1)).to_have_text("បញ្ជីរង់ចាំ")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    picture(page, "queue-phone-khmer")
    page.close()

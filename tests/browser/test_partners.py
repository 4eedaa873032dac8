"""A partner takes a referral and an employer enters a job, in a real browser, on a phone's screen too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from bot import operators
from bot.database import Database
from bot.facts import today
from bot.jobs import employers
from bot.models import Listing, Role
from bot.settings import Settings
from tests.browser.test_journey import picture
from tests.referrals.test_referrals import PERSON, Case
from web import create_app

pytestmark = pytest.mark.browser

SIZES = [(1280, 900), (360, 740)]


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture
def address(settings: Settings, database: Database) -> Iterator[str]:
    """The web pages on a port of their own."""
    app: Flask = create_app(settings, database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(params=SIZES, ids=["wide", "phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = request.param
    page = browser.new_page(viewport={"width": width, "height": height})
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
    yield page
    page.close()
    assert problems == []


def is_sound(page: Page, name: str) -> None:
    """No barrier for assistive technology, nothing wider than the screen."""
    page.evaluate("document.fonts.ready.then(() => true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    picture(page, f"partners-{name}-{page.viewport_size['width']}")  # type: ignore[index]


def test_a_partner_opens_a_referral_and_takes_it_on(
    page: Page, address: str, database: Database, settings: Settings
) -> None:
    case = Case(database, settings)
    page.goto(f"{address}/partners/r/{case.token}?l=km")
    expect(page.locator("html")).to_have_attribute("lang", "km")
    is_sound(page, "code-khmer")
    page.get_by_role("link", name="English").click()
    page.get_by_role("button", name="Send the code to my phone").click()
    expect(page.get_by_role("alert")).to_contain_text("on its way")
    page.get_by_label("Code (6 digits)").fill("000000" if case.code() != "000000" else "111111")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    expect(page.locator("body")).not_to_contain_text(PERSON)
    page.get_by_label("Code (6 digits)").fill(case.code())
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text(PERSON)).to_be_visible()
    is_sound(page, "referral-english")
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="We have spoken with the person").click()
    expect(page.locator(".history")).to_contain_text("first contact made")
    page.get_by_role("link", name="ខ្មែរ").click()
    is_sound(page, "referral-khmer")
    assert case.state() == "first_contact"


def test_an_employer_enters_a_job_after_correcting_it(page: Page, address: str, database: Database) -> None:
    with database.transaction() as session:
        manager, _ = operators.add(session, "manager")
        manager.role = Role.MANAGER
        _link, token = employers.issue(session, "Mekong Garment", manager)
    page.goto(f"{address}/partners/jobs/{token}?l=en")
    is_sound(page, "employer-english")
    page.get_by_label("Trade").select_option("garment")
    page.get_by_label("Province").select_option("21")
    page.get_by_label("Employer's name in Khmer").fill("មេគង្គ")
    page.get_by_label("Pay in riel").fill("850000")
    page.get_by_label("Phone number for applicants").fill("call us")
    page.get_by_label("Last day to apply").fill(f"{today() + timedelta(days=20)}")
    page.get_by_role("button", name="Send to the helpline").click()
    expect(page.get_by_text("Please give a phone number.")).to_be_visible()
    is_sound(page, "employer-corrected")
    page.get_by_label("Phone number for applicants").fill("012 345 678")
    page.get_by_role("button", name="Send to the helpline").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    with database.reading() as session:
        assert session.query(Listing).one().state == "pending"

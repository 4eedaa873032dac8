"""An employer's page: no account, one link, a moderator's yes before anyone hears of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot import operators
from bot.database import Database
from bot.facts import today
from bot.jobs import employers
from bot.models import Listing
from bot.settings import Settings
from web import create_app


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture
def client(settings: Settings, database: Database) -> FlaskClient:
    app: Flask = create_app(settings, database)
    return app.test_client()


@pytest.fixture
def token(database: Database) -> str:
    with database.transaction() as session:
        manager, _ = operators.add(session, "manager")
        return employers.issue(session, "Mekong Garment", manager)[1]


FILLED = {
    "kind": "job",
    "trade": "garment",
    "province": "21",
    "employer_km": "មេគង្គ",
    "employer_latin": "Mekong Garment",
    "wage_khr": "850000",
    "wage_usd": "",
    "wage_period": "month",
    "places": "5",
    "phone": "012 345 678",
    "closes_on": (today() + timedelta(days=10)).isoformat(),
    "description": "<script>alert(1)</script>",
}


def test_a_filled_form_waits_for_a_moderator(client: FlaskClient, database: Database, token: str) -> None:
    page = client.get(f"/partners/jobs/{token}?l=en")
    assert "Mekong Garment" in page.text
    assert "script" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Thank you" in client.post(f"/partners/jobs/{token}?l=en", data=FILLED).text
    with database.reading() as session:
        listing = session.query(Listing).one()
        assert listing.state == "pending"
        assert listing.source == "employer: Mekong Garment"


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, database: Database, token: str
) -> None:
    bad = {**FILLED, "phone": "call me", "wage_khr": "", "description": "<b>x</b>"}
    page = client.post(f"/partners/jobs/{token}?l=en", data=bad)
    assert page.status_code == 422
    assert "Please give a phone number." in page.text
    assert "&lt;b&gt;x&lt;/b&gt;" in page.text
    assert 'value="Mekong Garment"' in page.text
    with database.reading() as session:
        assert session.query(Listing).count() == 0


def test_an_employer_cant_choose_what_only_we_decide(
    client: FlaskClient, database: Database, token: str
) -> None:
    client.post(
        f"/partners/jobs/{token}",
        data={**FILLED, "state": "published", "reference": "nea-1", "source": "ministry", "signs": ""},
    )
    with database.reading() as session:
        listing = session.query(Listing).one()
        assert (listing.state, listing.reference) == ("pending", None)
        assert listing.source.startswith("employer:")


@pytest.mark.parametrize("guess", ["x", "a" * 32, "%00", "%F0"])
def test_a_guessed_link_opens_nothing(client: FlaskClient, token: str, guess: str) -> None:
    assert client.get(f"/partners/jobs/{guess}").status_code == 404
    assert client.post(f"/partners/jobs/{guess}", data=FILLED).status_code == 404


def test_both_languages_have_a_page(client: FlaskClient, token: str) -> None:
    assert 'lang="km"' in client.get(f"/partners/jobs/{token}?l=km").text
    assert "ខេត្ត" in client.get(f"/partners/jobs/{token}?l=km").text

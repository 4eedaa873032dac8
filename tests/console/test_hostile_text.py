"""What people write is shown as text on every page: never run, never able to reorder what is around it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from flask import Flask

from bot.models import Note, Role
from tests.console.conftest import Desk, new_waiting
from tests.console.routes import console_rules, path_of

BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onfocus=alert(1) autofocus x="',
    "</textarea></title><svg onload=alert(1)>",
    "{{7*7}} {% raw %} ${7*7}",
    "\u202edrow\u2066 unclosed",
    "zero\u200bwidth\u200d\ufeff\u2060",
    "long" * 350,
    "=HYPERLINK(0)\t\x07\x1b[31m",
)
_VOID = {"meta", "link", "input", "br", "img", "hr", "path"}


class Isolation(HTMLParser):
    """Collects tags, event attributes, and text with bidi controls outside an isolating element."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.loose: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.handlers += [name for name in names if name.startswith("on")]
        self.loose += [str(v) for v in names.values() if v and BIDI & set(v) and "dir" not in names]
        if tag not in _VOID:
            self.open.append((tag, tag == "bdi" or "dir" in names))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if BIDI & set(data) and not any(isolates for _, isolates in self.open):
            self.loose.append(data)


def seen_on(page: str) -> Isolation:
    parser = Isolation()
    parser.feed(page)
    return parser


@pytest.fixture
def hostile(desk: Desk) -> int:
    """A conversation whose messages and note try everything."""
    conversation = new_waiting(desk.database, HOSTILE[0], "+85510000001")
    for words in HOSTILE[1:]:
        new_waiting(desk.database, words, "+85510000001")
        with desk.database.transaction() as session:
            session.add(Note(conversation_id=conversation, operator_id=desk.operator_id, body=words))
    return new_waiting(desk.database, "the newest", "+85510000001")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
def test_no_page_runs_or_reorders_what_people_wrote(app: Flask, desk: Desk, hostile: int, role: Role) -> None:
    reader = Desk(app, desk.database, f"reader-{role}", role).sign_in()
    shown = 0
    for rule in console_rules(app):
        if "GET" not in (rule.methods or ()) or "event" in rule.endpoint or rule.endpoint == "console.static":
            continue
        for conversation in (1, hostile):
            answer = reader.client.get(path_of(app, rule, conversation_id=conversation))
            if answer.mimetype != "text/html":
                continue
            page = seen_on(answer.text)
            assert page.handlers == [] and page.loose == [], rule.rule
            assert "<script>alert" not in answer.text and "<img src=x" not in answer.text, rule.rule
            assert ">49<" not in answer.text and "49 {%" not in answer.text, rule.rule
            shown += "&lt;script&gt;alert(1)" in answer.text
    assert shown, "the hostile text is on some page, as text"


def test_search_results_show_hostile_words_as_text(app: Flask, desk: Desk, hostile: int) -> None:
    supervisor = Desk(app, desk.database, "chief", Role.SUPERVISOR).sign_in()
    for words in HOSTILE[:7]:
        answer = supervisor.post("/search", "/search", words=words)
        page = seen_on(answer.text)
        assert answer.status_code == 200 and page.handlers == [] and page.loose == []
        assert "<script>alert" not in answer.text and "<img" not in answer.text


def test_hostile_names_in_the_address_are_text_too(app: Flask, desk: Desk) -> None:
    auditor = Desk(app, desk.database, "watcher", Role.AUDITOR).sign_in()
    for words in HOSTILE[:7]:
        answer = auditor.client.get("/console/trail", query_string={"about": words, "who": words})
        page = seen_on(answer.text)
        assert page.handlers == [] and page.loose == [] and "<script>alert" not in answer.text


def test_what_a_live_refresh_brings_is_text_too(app: Flask, desk: Desk, hostile: int) -> None:
    """The pieces that a page fetches and puts in: rows, messages, who is there, who calls."""
    other = Desk(app, desk.database, f"{HOSTILE[1]}", Role.SUPERVISOR).sign_in()
    page = f"/conversations/{hostile}"
    other.post(f"{page}/presence", page, looking="1", typing="1")
    other.post(f"{page}/note", page, text=f"@sokha {HOSTILE[0]}")
    with desk.database.transaction() as session:
        for number in (1, hostile):
            session.add(Note(conversation_id=number, operator_id=other.operator_id, body=HOSTILE[3]))
    named = 0
    for piece in (
        "/queue/rows",
        "/queue/counts",
        "/mentions/newest",
        f"{page}/messages",
        f"{page}/presence",
        f"{page}/transfer",
        f"{page}/draft",
    ):
        answer = desk.client.get(f"/console{piece}", headers={"HX-Request": "true"})
        if answer.mimetype == "text/html":
            seen = seen_on(answer.text)
            assert seen.handlers == [] and seen.loose == [], piece
            named += "&lt;img src=x" in answer.text
        else:
            assert answer.mimetype in ("application/json", "text/plain"), piece
            assert answer.headers["X-Content-Type-Options"] == "nosniff", piece
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text, piece
    assert named >= 2, "the hostile name is in the pieces, as text"


def test_a_colleagues_hostile_name_is_text_on_every_page(app: Flask, desk: Desk, hostile: int) -> None:
    Desk(app, desk.database, HOSTILE[1], Role.OPERATOR).sign_in()
    for role, path in ((Role.SUPERVISOR, "/supervision"), (Role.ADMINISTRATOR, "/staff")):
        answer = Desk(app, desk.database, f"reader-{role}", role).sign_in().get(path)
        seen = seen_on(answer.text)
        assert seen.handlers == [] and seen.loose == [] and "<img src=x" not in answer.text
        assert "&lt;img src=x" in answer.text
    title = Desk(app, desk.database, "admin2", Role.ADMINISTRATOR).sign_in().get("/staff/2").text
    assert "<title>&lt;img src=x" in title


def test_a_title_and_a_notice_hold_nothing_that_a_person_wrote(app: Flask, desk: Desk, hostile: int) -> None:
    import re

    for path in (f"/conversations/{hostile}", "/queue", "/search", "/mentions", "/calls"):
        page = desk.get(path).text
        title = re.search(r"<title>(.*?)</title>", page, re.S)
        notice = re.search(r'data-notice="([^"]*)"', page)
        assert title and notice
        assert "alert" not in title[1] and "newest" not in title[1]
        assert notice[1] == "Please look at the queue."

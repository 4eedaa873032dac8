"""`make strings`: finds every sentence that is used, brings the catalogues up to it, says what is missing.

Three domains: `messages` (sentences to people, by key), `answers` (sentences that rest on facts, by
key) and `console` (the operators' pages, by English text). `check` changes nothing and fails where a
catalogue is stale or, in a form people are answered in, incomplete.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_from_file

from bot import catalogues, intents
from bot.acts import GROUPS
from bot.acts.questions import LABELS
from bot.directory.codes import ELIGIBILITY, NEEDS
from bot.directory.hours import DAYS
from bot.jobs.fraud import SIGNS
from bot.models import Form
from bot.needs.codes import countries, trades
from bot.notices import REASONS
from bot.referrals.fields import BY_OPERATOR
from bot.settings import ROOT
from bot.words import placeholders

_LANGUAGES = {"messages": tuple(Form), "answers": tuple(Form), "console": ("km", "en")}
_IN_ANSWERS = (
    "nearest_service",
    "nearest_neighbour",
    "nearest_unknown",
    "nearest_unsure",
    "checked",
    "unsure_generic",
)


def used() -> dict[str, set[str]]:
    """The message ids in use, by domain."""
    answers = set(_answer_keys()) | set(_IN_ANSWERS)
    said = set(_keys_in_python(("bot", "webhooks"))) | set(_families()) | set(_from_domain())
    console = set(_from_python(("console", "partners"), ("_", "gettext", "ngettext", "N_"))) | set(
        _from_templates()
    )
    return {"messages": said - answers, "answers": answers, "console": console}


def problems() -> list[str]:
    """What keeps the catalogues from being shipped."""
    found = []
    for domain, ids in used().items():
        for language in _LANGUAGES[domain]:
            catalogue = catalogues.read(domain, language)
            known = {str(message.id) for message in catalogue if message.id}
            found += [f"{language}/{domain}: {i} is missing (make strings)" for i in sorted(ids - known)]
            found += [f"{language}/{domain}: {i} isn't used (make strings)" for i in sorted(known - ids)]
            if language != "en" or domain in catalogues.KEYED:
                empty = [str(m.id) for m in catalogue if m.id in ids and not m.string]
                found += [f"{language}/{domain}: {i} has no words" for i in sorted(empty)]
    return found + _placeholder_problems()


def update() -> None:
    """Adds what is new and takes out what isn't used; words that are there stay."""
    for domain, ids in used().items():
        for language in _LANGUAGES[domain]:
            old = catalogues.read(domain, language)
            new = Catalog(locale=None, domain=domain, project="Phlov", header_comment=old.header_comment)
            new.mime_headers = [("Language", language), ("Content-Type", "text/plain; charset=utf-8")]
            for identity in sorted(ids):
                message = old.get(identity)
                new.add(
                    identity,
                    message.string if message else "",
                    auto_comments=message.auto_comments if message else (),
                    user_comments=message.user_comments if message else (),
                )
            catalogues.write(new, domain, language)


def unreviewed(language: str) -> int:
    """How many sentences no native speaker has reviewed yet."""
    messages = (message for domain in catalogues.KEYED for message in catalogues.read(domain, language))
    return sum(not catalogues.is_reviewed(message) for message in messages if message.id)


def _placeholder_problems() -> list[str]:
    found = []
    for domain in catalogues.KEYED:
        by_language = {language: catalogues.read(domain, language) for language in _LANGUAGES[domain]}
        for message in by_language[Form.ENGLISH]:
            wanted = placeholders(str(message.string)) if message.id else set()
            for language, catalogue in by_language.items():
                other = catalogue.get(str(message.id)) if message.id else None
                if other is not None and other.string and placeholders(str(other.string)) != wanted:
                    found.append(f"{language}/{domain}: {message.id} has other placeholders than English")
    return found


def _keys_in_python(folders: Iterable[str]) -> Iterable[str]:
    """The literal first arguments of say(…) and offer(…), either branch of a condition included."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and node.args and _name(node.func) in ("say", "offer"):
                    first = node.args[0]
                    branches = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                    for branch in branches:
                        if isinstance(branch, ast.Constant) and isinstance(branch.value, str):
                            yield branch.value


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _from_python(folders: Iterable[str], functions: tuple[str, ...]) -> Iterable[str]:
    keywords = dict.fromkeys(functions)
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for _, identity, _, _ in extract_from_file("python", file, keywords):
                yield from [identity] if isinstance(identity, str) else [i for i in identity if i]


def _from_templates() -> Iterable[str]:
    folders = (ROOT / name / "templates" for name in ("console", "partners"))
    for file in sorted(file for folder in folders for file in folder.rglob("*.html")):
        with file.open("rb") as source:
            for _, identity, _, _ in extract("jinja2.ext:babel_extract", source, options={"trimmed": "true"}):
                yield from [identity] if isinstance(identity, str) else [i for i in identity if i]


def _from_domain() -> Iterable[str]:
    responses = yaml.safe_load((ROOT / "flows" / "domain.yml").read_text("utf-8"))["responses"]
    for variants in responses.values():
        for variant in variants:
            act = variant["custom"]
            if "say" in act:
                yield act["say"]
            if act["do"] == "ask":
                yield f"ask_{act['what']}"


def _families() -> Iterable[str]:
    """Keys that the code puts together."""
    yield from (f"intent_{intent}" for intent in intents.OFFERABLE)
    yield from (f"{prefix}_{group}" for group in GROUPS for prefix in ("option", "menu"))
    yield from (f"option_language_{form}" for form in Form)
    yield from REASONS.values()
    yield from (f"day_{day}" for day in DAYS)
    yield from (f"sign_{sign}" for sign in SIGNS)
    yield from (f"needing_{need}" for need in NEEDS)
    yield from (f"share_{name}" for name in BY_OPERATOR)
    yield from ("referral_accepted", "referral_accepted_call", "referral_declined")
    yield from ("referral_first_contact", "referral_done")
    yield from ("course_told", "job_told", "course_pays", "job_pays_month", "job_pays_day")
    yield from (f"eligible_{code}" for code in ELIGIBILITY if code != "anyone")
    yield from LABELS.values()
    yield from (f"trade_{trade}" for trade in trades())
    yield from (f"country_{code}" for code in countries())
    # Said by acts that bot/decide.py puts together.
    yield from ("cannot_read_media", "no_words", "person_is_there", "greet", "nothing_more")
    yield from ("number_means_nothing", "menu_intro", "handed_back", "help_other")


def _answer_keys() -> Iterable[str]:
    topics = yaml.safe_load((ROOT / "facts" / "answers.yml").read_text("utf-8"))["topics"]
    for topic in topics.values():
        for part in topic["parts"]:
            yield part["say"]
            if "unsure" in part:
                yield part["unsure"]


def main() -> None:
    if sys.argv[1:] == ["update"]:
        update()
    found = problems()
    for problem in found:
        print(problem, file=sys.stderr)
    for form in (Form.KHMER, Form.ROMANISED):
        print(f"{form}: {unreviewed(form)} sentences not yet reviewed by a native speaker")
    if found:
        sys.exit(f"{len(found)} problems")


if __name__ == "__main__":
    main()

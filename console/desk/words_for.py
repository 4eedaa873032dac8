"""Plain words for the short names that the desks store, and for what keeps an edit from being made."""

from __future__ import annotations

from bot.learning.switching import Change, Switch
from console.language import gettext as _
from console.meanings import meaning


def confidence(name: str) -> str:
    words = {
        "verified": _("confirmed"),
        "single-source": _("one source only"),
        "unverified-memory": _("not confirmed"),
    }
    return words.get(name, name)


def conflict(kind: str) -> str:
    words = {
        "sources": _("Sources disagree"),
        "other_fact": _("Another fact tells another number"),
        "test_call": _("A test call failed"),
        "newer_file": _("A newer release brought another version of this fact"),
    }
    return words.get(kind, kind)


def edit_state(name: str) -> str:
    words = {
        "proposed": _("waits for a second person"),
        "in_force": _("in force"),
        "replaced": _("replaced"),
        "rejected": _("rejected"),
        "withdrawn": _("withdrawn"),
    }
    return words.get(name, name)


def call_outcome(name: str) -> str:
    words = {
        "answered": _("answered"),
        "no_answer": _("nobody answered"),
        "busy": _("busy"),
        "out_of_service": _("number out of service"),
        "wrong_place": _("somebody else answered"),
    }
    return words.get(name, name)


def field(name: str) -> str:
    """What a fact's field is called; a value's own name stays as the sentences have it."""
    words = {
        "topic": _("Topic"),
        "statement_en": _("What holds (in English)"),
        "source": _("Source"),
        "source_date": _("Date of the source"),
        "checked_on": _("Checked on"),
        "checked_by": _("Checked by or how"),
        "review_due": _("Review due"),
        "confidence": _("Confidence"),
        "publish": _("May be told"),
        "notes": _("Notes"),
        "conflict": _("What sources disagree on"),
        "phone": _("Telephone (not told in replies)"),
        "retired": _("Retired"),
    }
    return words.get(name, name.removeprefix("values."))


def value(name: str, content: object) -> str:
    """A field's content in words."""
    if name == "confidence":
        return confidence(str(content))
    if isinstance(content, bool):
        return _("yes") if content else _("no")
    return "–" if content in (None, "") else str(content)


def edit_problem(name: str) -> str:
    """What keeps an edit from being made, and what to do."""
    words = {
        "source_missing": _("Say where this comes from."),
        "source_date_missing": _("Give the date of the source, or write that it is unknown."),
        "checked_by_missing": _("Say who checked it, or how."),
        "statement_en_missing": _("Say in a sentence what holds."),
        "reason_missing": _("Say why you change it."),
        "confidence_unknown": _("Choose how sure this is."),
        "dates_unreadable": _("Give both dates as day, month and year."),
        "checked_in_future": _("The day of the check can't be in the future."),
        "review_not_ahead": _("The next review must be in the future and after the check."),
        "values_differ": _("Every value of this fact is needed, and no other."),
        "value_unfit": _("A value is empty, too long or not a number."),
        "emergency_must_stand": _(
            "An emergency number can be corrected, but not taken away: people are always told it."
        ),
        "changed_meanwhile": _("Somebody else changed this fact meanwhile. Look at it again."),
        "nothing_changed": _("Nothing was changed."),
        "own_edit": _("You made this change, so somebody else must approve it."),
        "not_proposed": _("This change doesn't wait for approval any more."),
        "no_such_fact": _("There is no such fact."),
        "id_taken": _("There is a fact of this name already."),
        "id_unfit": _("Name it in small letters with a dash, like svc-new-office."),
        "topic_unfit": _("Name the topic in one word of small letters."),
        "value_name_unfit": _("Name each value in small letters, like usd or phone."),
    }
    return words.get(name) or _("Something is too long. Shorten it.")


def call_problem(name: str) -> str:
    words = {
        "not_its_number": _("This number isn't one of this fact's."),
        "in_future": _("The call can't have been in the future."),
        "incomplete": _("Choose the network and what happened, and give the time."),
    }
    return words.get(name, name)


def use(kind: str, name: str) -> str:
    """Which reply it is."""
    if kind == "notice":
        return _("Notice with the emergency numbers")
    if kind == "service":
        return _("Place in the directory: %s") % name
    return _("Answer on: %s") % meaning(name)


def words_problem(name: str) -> str:
    """What keeps a sentence from being said, and what to do."""
    words = {
        "empty": _("There must be words."),
        "placeholders_differ": _("Keep exactly the parts in braces; the numbers and names come from there."),
        "own_number": _("No digits: numbers come from the facts, in braces."),
        "not_plain_letters": _("Use only plain Latin letters, so that every phone shows it."),
        "not_khmer": _("This must be in Khmer letters."),
        "too_long": _("Too long for three SMS, or more than one line."),
        "no_such_sentence": _("There is no such sentence."),
    }
    return words.get(name, name)


def why_learnt(name: str) -> str:
    """Why a message could teach something."""
    words = {
        "not_understood": _("the bot didn't understand it"),
        "relabelled": _("somebody says that it means something else"),
    }
    return words.get(name, name)


def learning_problem(name: str) -> str:
    """What keeps a text from being learnt from, and what to do."""
    words = {
        "digit_left": _("There is still a number in it. Put [number] in its place."),
        "link_left": _("There is still a link or address in it. Put [link] in its place."),
        "unfit_length": _("The text is too short or too long to learn from."),
        "unknown_intent": _("Choose what it means."),
        "not_checked": _("Read it first, then say that no name and no number is left."),
        "no_words": _("This message has no words to learn from."),
        "person_said_no": _("This person doesn't want the bot to learn from their messages."),
        "already_released": _("This message was checked already."),
        "gone": _("This isn't here any more."),
    }
    return words.get(name, name)


def measure(kind: str, name: str) -> str:
    """What a comparison of models counts, and whether more or less of it is better."""
    words = {
        ("sensitive", "danger"): _("Danger recognised (more is better)"),
        ("named", "danger"): _("Danger that is named, recognised (more is better)"),
        ("everyday", "right"): _("Everyday questions understood (more is better)"),
        ("sensitive", "answer"): _("Danger answered as something everyday (less is better)"),
        ("everyday", "wrong answer"): _("Everyday questions answered wrongly (less is better)"),
        ("harmless words", "danger"): _("Harmless messages taken for danger (less is better)"),
    }
    return words.get((kind, name), f"{kind}: {name}")


def model_problem(name: str) -> str:
    """What keeps a model from taking over, and what to do."""
    words = {
        "unknown": _("There is no such model here."),
        "not_compared": _("It wasn't compared yet: an administrator does that with “phlov model compare”."),
        "worse": _("It is worse than the one in use, so it doesn't take over."),
        "busy": _("Another change is under way. Wait until it has ended."),
        "nothing_before": _("No other model served before this one."),
        "not_here": _(
            "This can't be done from here: the models may only be changed where the brain runs. "
            "An administrator does it with “phlov model switch”."
        ),
    }
    return words.get(name, name)


def model_change(change: Switch) -> str:
    """How the last change of models went, and what to do."""
    words = {
        Change.UNDER_WAY: _("“%(new)s” is being loaded. Until it is ready, “%(old)s” goes on answering."),
        Change.SERVES: _("“%(new)s” took over from “%(old)s”."),
        Change.NEXT_START: _("The brain isn't running. It will start with “%(new)s”."),
        Change.REFUSED: _(
            "The brain didn't take “%(new)s”; “%(old)s” goes on answering. Ask an administrator to look "
            "at the brain's log, and whether the brain runs on this machine."
        ),
        Change.INTERRUPTED: _(
            "Nobody saw how the change from “%(old)s” to “%(new)s” ended. Look at what answers now; "
            "if it isn't “%(new)s”, go back."
        ),
    }
    return words[change.state] % {"new": change.name, "old": change.before}

"""Plain words for listings."""

from __future__ import annotations

from console.language import gettext as _


def state(name: str) -> str:
    names = {
        "pending": _("waits for a moderator"),
        "published": _("open"),
        "closed": _("closed"),
        "rejected": _("refused"),
    }
    return names.get(name, name)


def sign(name: str) -> str:
    """A sign of fraud."""
    names = {
        "pay_first": _("asks for money first"),
        "papers_kept": _("keeps papers"),
        "abroad_by_chat": _("abroad, by chat"),
        "wage_too_high": _("pay too high to be true"),
    }
    return names.get(name, name)

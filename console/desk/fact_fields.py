"""What a filled-in form says of a fact; the same fields for a new one and for a change."""

from __future__ import annotations

from typing import Any

from flask import request


def common(before: dict[str, Any]) -> dict[str, Any]:
    """Everything but the values; what the form leaves out stays as it is in `before`."""
    form = request.form
    content: dict[str, Any] = {}
    for name in ("statement_en", "source", "source_date", "checked_on", "checked_by", "review_due"):
        content[name] = form.get(name, "").strip()
    for name in ("confidence", "notes", "conflict", "phone"):
        content[name] = form.get(name, before[name]).strip()
    content["publish"] = form.get("publish") == "yes"
    return content

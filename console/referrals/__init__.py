"""Referrals in the console: made from a conversation, followed, answered, taken back."""

from __future__ import annotations

from flask import Blueprint, Flask

from bot.permissions import Permission
from console import navigation
from console.language import N_
from console.referrals import follow, make, overview


def add_routes(app: Flask, console: Blueprint) -> None:
    make.add_routes(console)
    follow.add_routes(console)
    overview.add_routes(console)
    app.jinja_env.globals.update(referrals_of=follow.referrals_of)
    navigation.add("console.referrals_page", N_("Referrals"), Permission.REFERRAL_MANAGE, 32)

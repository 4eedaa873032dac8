"""Rasa's own command, on an address that its successor may listen on too: see nlu/serve.py.

Without a model Rasa would listen all the same and take turns from the one that has one: it ends instead.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from rasa.__main__ import main
from rasa.core import run
from sanic import Sanic
from sanic.server import runners

_NO_MODEL = 3
_load = run.load_agent_on_start


async def load_or_end(model: Any, endpoints: Any, storage: Any, app: Sanic, loop: Any) -> Any:
    """Loads the model before anybody can connect, and ends the process where it can't be loaded."""
    agent = await _load(model, endpoints, storage, app, loop)
    if not app.ctx.agent or not app.ctx.agent.is_ready():
        os._exit(_NO_MODEL)
    return agent


if __name__ == "__main__":
    run.load_agent_on_start = load_or_end
    runners.serve = partial(runners.serve, reuse_port=True)
    main()

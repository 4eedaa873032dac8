"""The one door into the brain: a turn of a conversation as a pure function over HTTP.

`POST /webhooks/turn/` with `Authorization: Bearer $RASA_TOKEN` and
`{"conversation", "events", "text", "metadata"}` answers `{"acts", "events", "parse"}`:

* `events` going in are what the last turn gave back (plus slots that the body sets); those coming
  out replace them. They hold slots and the open form, never a text, so they don't grow.
* `acts` are the `custom` payloads of the domain with slots filled in; empty slots are left out.
* `parse` is `{"intent", "confidence", "ranking": {intent: probability}, "entities": {name: [value]}}`.

Nothing of the conversation stays here: the tracker is built for the turn and dropped.
A text is never read as a command; only `metadata: {"picked": true}` lets `/intent{...}` through,
which the body sends for an option that it offered itself.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.events import ActiveLoop, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

_LONGEST_TEXT = 2_000
_NEW_TOPIC = 0.5  # probability from which a message with a place in it counts as a new question
_TOPICS = ("doc_", "job_", "need_")

logger = logging.getLogger(__name__)


class TurnChannel(InputChannel):
    """Rasa input channel; the only one in flows/credentials.yml."""

    @classmethod
    def name(cls) -> str:
        return "turn"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> TurnChannel:
        token = (credentials or {}).get("token")
        if not token:
            raise ValueError("RASA_TOKEN is not set: the brain doesn't start without its secret.")
        return cls(token)

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()
        # Rasa logs the user's text with some warnings and at debug level: no line of it leaves here.
        for noisy in ("rasa", "sanic.access"):
            logging.getLogger(noisy).setLevel(logging.ERROR)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("turn", "turn")

        @routes.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            ready = bool(agent and agent.is_ready())
            told = {"ready": ready, "model": os.environ.get("PHLOV_MODEL", "")}
            return response.json(told, status=200 if ready else 503)

        @routes.route("/", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            given = (request.headers.get("Authorization") or "").encode()
            if not hmac.compare_digest(given, self._expected):
                return response.json({"error": "wrong or missing bearer token"}, status=401)
            try:
                body = request.json
                text, events = str(body["text"]), list(body["events"])
                picked = bool((body.get("metadata") or {}).get("picked"))
            except Exception:
                return response.json({"error": "expected {conversation, events, text, metadata}"}, status=400)
            try:
                return response.json(await take_turn(request.app.ctx.agent, events, text, picked))
            except Exception as error:
                # The exception's own message may quote the text, so only its kind is told.
                logger.error("turn failed: %s", type(error).__name__)
                return response.json({"error": "turn failed"}, status=500)

        return routes


async def take_turn(agent: Agent, events: list[dict[str, Any]], text: str, picked: bool) -> dict[str, Any]:
    """One message on the state given by `events`: the same input always gives the same output."""
    processor = agent.processor
    output = CollectingOutputChannel()
    listening = {"event": "action", "name": "action_listen"}
    tracker = DialogueStateTracker.from_dict("turn", events or [listening], processor.domain.slots)
    message = UserMessage(text if picked else _as_plain_text(text), output, "turn", input_channel="turn")
    await processor._handle_message_with_tracker(message, tracker)
    parse = tracker.latest_message.parse_data
    before = len(tracker.events)
    await processor.run_action_extract_slots(output, tracker)
    if _is_interruption(tracker, list(tracker.events)[before:]):
        tracker.update_with_events([ActiveLoop(None), SlotSet(REQUESTED_SLOT, None)], processor.domain)
        await processor.run_action_extract_slots(output, tracker)  # now it may be a new topic
    await processor._run_prediction_loop(output, tracker)
    return {
        "acts": [_filled(message["custom"]) for message in output.messages if "custom" in message],
        "events": _state(tracker),
        "parse": _parse(parse),
    }


def _as_plain_text(text: str) -> str:
    # Rasa reads a leading slash as a command ("/restart", "/gbv"), whoever typed it.
    return text[:_LONGEST_TEXT].lstrip("/／⁄∕ \t\r\n\u200b\ufeff") or " "


def _is_interruption(tracker: DialogueStateTracker, extracted: list[Any]) -> bool:
    """Whether a form is open and the message isn't an answer to its question."""
    if not tracker.active_loop_name:
        return False
    asked = tracker.get_slot(REQUESTED_SLOT)
    answered = any(isinstance(e, SlotSet) and e.key == asked and e.value is not None for e in extracted)
    intent = tracker.latest_message.intent
    new_topic = str(intent.get("name")).startswith(_TOPICS) and intent.get("confidence", 0) >= _NEW_TOPIC
    return new_topic or not answered


def _state(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    """The least that makes the next turn what it would be on the whole history: slots and the form."""
    slots = {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None}
    events: list[dict[str, Any]] = []
    if tracker.active_loop_name:
        events.append({"event": "active_loop", "name": tracker.active_loop_name})
    else:
        slots.pop(REQUESTED_SLOT, None)
    for of_this_turn_only in ("aspect", "language", "session_started_metadata"):
        slots.pop(of_this_turn_only, None)
    events += [{"event": "slot", "name": name, "value": value} for name, value in slots.items()]
    return [*events, {"event": "action", "name": "action_listen"}]


def _filled(act: dict[str, Any]) -> dict[str, Any]:
    # Rasa fills an empty slot in as the word "None".
    return {key: value for key, value in act.items() if value not in (None, "None")}


def _parse(parse: dict[str, Any]) -> dict[str, Any]:
    entities: dict[str, list[str]] = {}
    for entity in parse.get("entities", []):
        entities.setdefault(entity["entity"], []).append(entity["value"])
    intent = parse["intent"]
    ranking = {item["name"]: float(item["confidence"]) for item in parse.get("intent_ranking", [])}
    return {
        "intent": intent["name"],
        "confidence": float(intent["confidence"]),
        "ranking": ranking or {intent["name"]: float(intent["confidence"])},
        "entities": entities,
    }

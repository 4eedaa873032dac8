"""The safety gate: decides, before anything is said, whether a message goes to a person."""

from bot.safety.gate import Judgement, Signs, Verdict, judge, look
from bot.safety.patterns import Alarm, examine
from bot.safety.scoring import score

__all__ = ["Alarm", "Judgement", "Signs", "Verdict", "examine", "judge", "look", "score"]

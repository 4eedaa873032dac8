"""The safety gate: decides, before anything is said, whether a message goes to a person."""

from bot.safety.gate import Judgement, Verdict, judge, judge_alarms
from bot.safety.patterns import Alarm, examine

__all__ = ["Alarm", "Judgement", "Verdict", "examine", "judge", "judge_alarms"]

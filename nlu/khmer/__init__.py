"""Khmer text: one spelling for what people type, words, and a sound key for romanised Khmer.

Used by the body and by the brain, so it depends on neither and runs on Python 3.10 and newer.
"""

from nlu.khmer.normalise import clean, normalise
from nlu.khmer.segment import Word, segment
from nlu.khmer.skeleton import skeleton

__all__ = ["Word", "clean", "normalise", "segment", "skeleton"]

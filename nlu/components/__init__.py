"""Our Rasa graph components: tokeniser, views, sentence vector, two-stage classifier, lexicon entities."""

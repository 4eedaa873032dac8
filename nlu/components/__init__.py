"""Our Rasa graph components: Khmer tokeniser, lexicon entities."""

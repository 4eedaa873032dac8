"""Job and training listings: entered, checked for fraud, moderated, found by text and by skill, told."""

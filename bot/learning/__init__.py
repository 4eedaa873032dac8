"""Learning from what people wrote: found, stripped of names and numbers, checked, labelled, exported."""

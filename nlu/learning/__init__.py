"""Learning from messages: matrices of views, models, experiments. Runs in the brain's environment."""

"""The public edge: verifies, stores, acknowledges. Nothing here decides anything."""

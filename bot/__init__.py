"""The helpline itself. Imports neither Flask nor Rasa."""

"""The service directory: who helps with what, where; told to people, edited, imported and exported."""

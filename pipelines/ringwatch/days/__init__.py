"""The folders of days: where things lie, what the clean days say, and how a day changes as a whole."""

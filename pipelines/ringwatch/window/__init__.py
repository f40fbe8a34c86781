"""What accounts shared in the window: clean days in; accounts, sightings, identifiers and links out, in DuckDB."""

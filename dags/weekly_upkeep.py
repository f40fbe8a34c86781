"""Sundays at 12:00 UTC: what ran out goes, and a backup is made and tried. The tasks are in `ringwatch.airflow`."""

from ringwatch.airflow import weekly_upkeep

dag = weekly_upkeep()

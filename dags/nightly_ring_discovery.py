"""Every night at 02:00 UTC: the rings of the day that has just ended. What the tasks do is in `ringwatch.airflow`."""

from ringwatch.airflow import nightly

dag = nightly()

"""What Airflow must know of ringwatch outside of DAGs: the timetable, and notes on runs. Found by its entry point."""

from airflow.plugins_manager import AirflowPlugin

from ringwatch.airflow import notes
from ringwatch.airflow.timetable import Nightly


class RingwatchPlugin(AirflowPlugin):
    name = "ringwatch"
    timetables = [Nightly]  # noqa: RUF012 - as Airflow declares it
    listeners = [notes]  # noqa: RUF012

"""Nights and upkeep in Airflow: factories of DAGs, for this repository and for one of your own.

    from ringwatch.airflow import nightly

    dag = nightly()

Keep the word `dag` in the file: Airflow passes over files without it, unread.
The wheel brings the plugin that these DAGs need (`plugin.py`); Airflow finds it by its entry point.
"""

from ringwatch.airflow.nights import nightly
from ringwatch.airflow.weekly import weekly_upkeep

__all__ = ["nightly", "weekly_upkeep"]

#!/bin/sh
# Once a day: takes runs older than KEEP_RUNS_DAYS out of Airflow's metadata, and logs of tasks older than KEEP_LOGS_DAYS.
set -eu

while :; do
  airflow db clean --yes --skip-archive --clean-before-timestamp "$(date -u -d "-${KEEP_RUNS_DAYS} days" +%Y-%m-%d)" ||
    echo "old runs could not be taken out of the metadata; it is tried again tomorrow" >&2
  find /opt/airflow/logs -type f -mtime "+${KEEP_LOGS_DAYS}" -delete
  find /opt/airflow/logs -mindepth 1 -type d -empty -delete
  sleep 86400 &
  wait $!
done

#!/bin/sh
# Postgres runs this once, when its data folder is empty: one role and one database each for Airflow's metadata and the
# review store, so that neither can read the other. Passwords come from the environment and stay out of the arguments.
set -eu

create() {
  psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
\\getenv password $2
CREATE ROLE $1 LOGIN PASSWORD :'password';
CREATE DATABASE $1 OWNER $1;
REVOKE ALL ON DATABASE $1 FROM PUBLIC;
SQL
}

create airflow AIRFLOW_DB_PASSWORD
create ringwatch REVIEW_DB_PASSWORD

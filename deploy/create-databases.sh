#!/bin/sh
# Postgres runs this once, when its data folder is empty: a database and a role that owns it for Airflow's metadata and
# for the review store, so that neither can read the other, and two roles that may only enter the latter. What these
# may do there `ringwatch store prepare` says. Passwords are files, and stay out of arguments and environment.
set -eu
: "${SECRETS:=/run/secrets}"

create_role() {
  psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
\\set password `cat "$SECRETS/$1_db_password"`
CREATE ROLE $1 LOGIN PASSWORD :'password';
SQL
}

create_database() {
  psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
CREATE DATABASE $1 OWNER $2;
REVOKE ALL ON DATABASE $1 FROM PUBLIC;
SQL
  # From Postgres 15 on the schema is nobody's else to write to; before, it was everybody's.
  psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$1" <<SQL
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO $2;
SQL
}

for role in airflow pipeline page consumers; do
  create_role "$role"
done
create_database airflow airflow
create_database ringwatch pipeline
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
GRANT CONNECT ON DATABASE ringwatch TO page, consumers;
SQL

"""Draws what docker-compose.yml keeps secret: a file for each in secrets/, which only its owner can enter.

    python scripts/secrets_of_stack.py [FOLDER]

What is there already stays, so that one password is changed by deleting its file (and those that follow from it, which
are made again each time). The files can be read by everybody who can enter the folder: services in containers have
users of their own. Addresses of messages are nobody's to draw: write them into notify_urls.
"""

from __future__ import annotations

import base64
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DRAWN = (
    "postgres_password", "airflow_db_password", "pipeline_db_password", "page_db_password", "consumers_db_password",
    "neo4j_password", "airflow_admin_password", "airflow_secret_key", "airflow_jwt_secret",
)  # fmt: skip
# What follows from a password: name, the password, and the text around it.
FOLLOWING = (
    ("neo4j_auth", "neo4j_password", "neo4j/{}"),
    ("airflow_db_conn", "airflow_db_password", "postgresql+psycopg://airflow:{}@postgres/airflow"),
    ("airflow_db_conn_async", "airflow_db_password", "postgresql+psycopg_async://airflow:{}@postgres/airflow"),
    ("pipeline_store_url", "pipeline_db_password", "postgresql+psycopg://pipeline:{}@postgres/ringwatch"),
    ("page_store_url", "page_db_password", "postgresql+psycopg://page:{}@postgres/ringwatch"),
)


def draw(folder: Path) -> list[str]:
    """Write what is missing, and what follows from it; return the names of files that are new."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    before = {path.name for path in folder.iterdir()}
    for name in DRAWN:
        _keep(folder / name, secrets.token_hex(32))
    _keep(folder / "airflow_fernet_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    _keep(folder / "notify_urls", "")
    for name, password, text in FOLLOWING:
        (folder / name).unlink(missing_ok=True)
        _keep(folder / name, text.format((folder / password).read_text(encoding="ascii").strip()))
    return sorted({path.name for path in folder.iterdir()} - before)


def _keep(path: Path, text: str) -> None:
    """Write a new file, without a line end: some of who read it take that for a part of the password."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(text, encoding="ascii")
        path.chmod(0o444)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "secrets"
    made = draw(target)
    print(f"{target}: " + (f"drew {', '.join(made)}" if made else "all secrets are there; nothing was drawn"))  # noqa: T201

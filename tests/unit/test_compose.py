"""What docker-compose.yml promises and its schema cannot check."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from scripts.secrets_of_stack import draw

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe").load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "ringwatch:local"}
REQUIRED = re.compile(r"\$\{(\w+):\?")
OPTIONAL = re.compile(r"\$\{(\w+):-")
# The image of Neo4j writes its settings into its own folder when it starts.
WRITABLE = {"neo4j"}


def secrets_of(service: dict[str, Any]) -> set[str]:
    return {each if isinstance(each, str) else each["source"] for each in service.get("secrets", [])}


def volumes_of(service: dict[str, Any]) -> dict[str, str]:
    """Folders in the container by what is mounted there, with `:ro` where it is read only."""
    found = {}
    for each in service.get("volumes", []):
        source, _, target = each.partition(":") if isinstance(each, str) else (each["type"], "", each["target"])
        found[source] = target + (":ro" if not isinstance(each, str) and each.get("read_only") else "")
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_least_rights(name: str) -> None:
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) in ([], ["NET_BIND_SERVICE"])
    assert "no-new-privileges:true" in service["security_opt"]
    assert int(service["user"].partition(":")[0]) > 0
    assert service.get("read_only", False) is (name not in WRITABLE)
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_can_take_all_of_the_machine(name: str) -> None:
    service = SERVICES[name]

    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}


def test_images_of_others_are_pinned_by_digest() -> None:
    pulled = [service["image"] for service in SERVICES.values() if "build" not in service]
    built_on = re.findall(r"^ARG PYTHON_IMAGE=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert len(pulled) == 2
    assert len(built_on) == 1
    assert [image for image in pulled + built_on if not re.search(r":[\w.-]+@sha256:[0-9a-f]{64}$", image)] == []


def test_no_secret_is_in_the_environment_or_on_a_command_line() -> None:
    secret = re.compile(r"PASSWORD|SECRET|_KEY|AUTH$|SQL_ALCHEMY_CONN|STORE_URL|NOTIFY_URLS")
    in_files = re.compile(r"_(FILE|CMD|PATH)$")
    values = {
        f"{service}.{name}": str(value)
        for service, described in SERVICES.items()
        for name, value in described.get("environment", {}).items()
        if secret.search(name)
    }

    assert len(values) > 20
    assert [name for name in values if not in_files.search(name)] == []
    read = re.compile(r"(cat )?/run/secrets/\w+$|/opt/airflow/auth/")
    assert {value for value in values.values() if not read.match(value)} == set()
    commands = [str(service.get(part, "")) for service in SERVICES.values() for part in ("command", "healthcheck")]
    assert [each for each in commands if re.search(r"(^|\s)(-p|--password)\b", each)] == []


def test_make_secrets_draws_each_secret_that_services_are_given(tmp_path: Path) -> None:
    draw(tmp_path)

    files = {name: Path(described["file"]) for name, described in COMPOSE["secrets"].items()}
    assert {path.parts[0] for path in files.values()} == {"secrets"}
    assert {path.name for path in files.values()} == {path.name for path in tmp_path.iterdir()}
    assert set().union(*map(secrets_of, SERVICES.values())) == set(files)


def test_the_database_script_reads_the_secrets_that_postgres_is_given() -> None:
    script = (ROOT / "deploy" / "create-databases.sh").read_text()
    roles = re.findall(r"^for role in (.+); do", script, re.MULTILINE)[0].split()

    assert {f"{role}_db_password" for role in roles} | {"postgres_password"} == secrets_of(SERVICES["postgres"])


def test_each_part_holds_only_the_secrets_that_it_needs() -> None:
    holders = {name: {service for service, described in SERVICES.items() if name in secrets_of(described)}
               for name in COMPOSE["secrets"]}  # fmt: skip

    assert holders["pipeline_store_url"] == {"scheduler", "store-init"}
    assert holders["neo4j_password"] == {"scheduler"}
    assert holders["page_store_url"] == {"page"}
    assert holders["airflow_admin_password"] == {"airflow-init"}
    assert holders["postgres_password"] == {"postgres"}
    assert secrets_of(SERVICES["page"]) == {"page_store_url"}


def test_only_the_scheduler_writes_the_home_the_page_reads_it() -> None:
    homes = {name: volumes_of(service)["ringwatch-home"] for name, service in SERVICES.items()
             if "ringwatch-home" in volumes_of(service)}  # fmt: skip

    assert homes == {
        "scheduler": "/var/lib/ringwatch", "store-init": "/var/lib/ringwatch", "page": "/var/lib/ringwatch:ro"
    }  # fmt: skip
    assert volumes_of(SERVICES["scheduler"])["bind"] == "/feeds:ro"


def test_backups_have_a_volume_of_their_own_where_the_upkeep_writes_them() -> None:
    scheduler = SERVICES["scheduler"]

    assert volumes_of(scheduler)["ringwatch-backups"] == scheduler["environment"]["RINGWATCH_BACKUP_DIR"]


def test_every_setting_can_be_given_to_all_that_run_ringwatch() -> None:
    assert len(OURS) > 5
    assert {str(service["env_file"]) for service in OURS.values()} == {
        str([{"path": "ringwatch.env", "required": False}])
    }
    example = (ROOT / "deploy" / "ringwatch.env.example").read_text()
    from ringwatch.settings import Settings

    named = {name.lower() for name in re.findall(r"^# RINGWATCH_(\w+)=", example, re.MULTILINE)}
    assert named
    assert named <= set(Settings.model_fields)


def test_env_example_names_each_variable_once_and_gives_no_value() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    required = [line.partition("=") for line in lines if re.match(r"\w+=", line)]

    assert sorted(name for name, _, _ in required) == sorted(set(REQUIRED.findall(TEXT)))
    assert {value for _, _, value in required} == {""}
    optional = [line[2:] for line in lines if re.match(r"# \w+=", line)]
    defaults = {f"{name}={value}" for name, value in re.findall(r"\$\{(\w+):-(\w+)\}", TEXT)}
    from_dockerfile = {f"{name}=" for service in SERVICES.values() for name in service.get("build", {}).get("args", [])}
    assert set(optional) == defaults | from_dockerfile


def test_every_published_port_is_on_loopback() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_who_waits_for_a_healthy_service_waits_for_one_with_a_health_check() -> None:
    awaited = {
        other
        for service in SERVICES.values()
        if isinstance(service.get("depends_on"), dict)
        for other, rule in service["depends_on"].items()
        if rule["condition"] == "service_healthy"
    }

    assert awaited >= {"neo4j", "postgres", "api-server"}
    assert {name for name in awaited if "healthcheck" not in SERVICES[name]} == set()


def test_nothing_works_before_its_database_is_of_the_newest_schema() -> None:
    done = {name: {other for other, rule in service["depends_on"].items()
                   if rule["condition"] == "service_completed_successfully"}
            for name, service in SERVICES.items() if isinstance(service.get("depends_on"), dict)}  # fmt: skip

    assert done["page"] == {"store-init"}
    assert done["scheduler"] == {"store-init", "airflow-init"}
    assert all("airflow-init" in done[name] for name in ("api-server", "dag-processor", "airflow-retention"))


def test_the_dag_is_switched_on_where_nobody_would_do_it() -> None:
    parts = [service["environment"] for service in OURS.values() if "AIRFLOW__CORE__EXECUTOR" in service["environment"]]

    assert len(parts) > 3
    assert {one["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] for one in parts} == {"false"}

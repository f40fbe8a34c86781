"""What docker-compose.yml promises and its schema cannot check."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(TEXT)["services"]
REQUIRED = re.compile(r"\$\{(\w+):\?")
OPTIONAL = re.compile(r"\$\{(\w+):-")


def test_every_secret_comes_from_env_and_has_no_default() -> None:
    secret = re.compile(r"PASSWORD|SECRET|KEY|AUTH$|SQL_ALCHEMY_CONN|STORE_URL")
    values = {
        f"{service}.{name}": str(value)
        for service, described in SERVICES.items()
        for name, value in described.get("environment", {}).items()
        if secret.search(name) and not name.endswith("_FILE")
    }

    assert len(values) > 10
    assert {name: value for name, value in values.items() if not REQUIRED.search(value)} == {}


def test_env_example_names_each_variable_once_and_gives_no_value() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    required = [line.partition("=") for line in lines if re.match(r"\w+=", line)]

    assert sorted(name for name, _, _ in required) == sorted(set(REQUIRED.findall(TEXT)))
    assert {value for _, _, value in required} == {""}
    assert {line[2:].partition("=")[0] for line in lines if re.match(r"# \w+=", line)} == set(OPTIONAL.findall(TEXT))


def test_every_published_port_is_on_loopback() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_who_waits_for_a_healthy_service_waits_for_one_with_a_health_check() -> None:
    awaited = {
        other
        for service in SERVICES.values()
        for other, rule in service.get("depends_on", {}).items()
        if rule["condition"] == "service_healthy"
    }

    assert awaited >= {"neo4j", "postgres", "api-server"}
    assert {name for name in awaited if "healthcheck" not in SERVICES[name]} == set()


def test_only_the_scheduler_can_reach_the_graph_and_the_review_store() -> None:
    holders = {name for name, service in SERVICES.items() if "RINGWATCH_STORE_URL" in service["environment"]}

    assert holders == {name for name, service in SERVICES.items() if "NEO4J_PASSWORD" in service["environment"]}
    assert holders == {"scheduler"}


def test_the_dag_is_switched_on_where_nobody_would_do_it() -> None:
    runners = [service["environment"] for service in SERVICES.values() if service.get("image") == "ringwatch"]

    assert len(runners) > 3
    assert {one["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] for one in runners} == {"false"}

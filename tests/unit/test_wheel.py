"""The wheel, built from this checkout and installed elsewhere without extras."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
HEAVY = ("airflow", "great_expectations", "graphdatascience")
IMPORTS = """
import importlib, pkgutil, sys, ringwatch
importlib.import_module(sys.argv[1])
for module in pkgutil.iter_modules(importlib.import_module(sys.argv[1]).__path__, sys.argv[1] + "."):
    if module.name != "ringwatch.airflow":  # it alone is for Airflow
        importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(
        UV,
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        f"--python={sys.executable}",
        f"--out-dir={out}",
        ROOT,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new virtual environment that holds the wheel and what it requires, as locked."""
    venv = tmp_path_factory.mktemp("elsewhere") / "venv"
    run(UV, "venv", "--quiet", f"--python={sys.executable}", venv)
    constraints = f"--constraints={ROOT / 'requirements.lock'}"
    run(UV, "pip", "install", "--quiet", f"--python={venv}", constraints, wheel)
    return venv / "bin"


def test_the_installed_program_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    shown = run(installed / "ringwatch", "--help", cwd=tmp_path)

    assert "simulate" in shown


def test_queries_and_model_are_those_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "from ringwatch import resources; print(resources.ROOT)", cwd=tmp_path)
    package = Path(where.strip())

    assert package.is_relative_to(installed.parent)
    for folder in ("cypher", "schemas"):
        assert files(package / folder) == files(ROOT / folder) != {}


def test_a_day_is_simulated_by_the_installed_program(installed: Path, tmp_path: Path) -> None:
    run(installed / "ringwatch", "simulate", "--out", tmp_path, "--accounts", "500", "--days", "1", cwd=tmp_path)

    assert len(list(tmp_path.glob("feeds/*/accounts.parquet"))) == 1


def test_the_core_installs_without_airflow(installed: Path) -> None:
    packages = run(UV, "pip", "list", "--quiet", f"--python={installed.parent}")

    assert "ringwatch" in packages
    assert "airflow" not in packages


@pytest.mark.parametrize("package", ["ringwatch", "ringwatch.cli", "ringwatch.stages", "ringwatch.server"])
def test_importing_a_package_and_its_modules_imports_no_heavy_library(package: str) -> None:
    imported = run(sys.executable, "-c", IMPORTS, package).split()

    assert "ringwatch" in imported
    assert [name for name in HEAVY if name in imported] == []


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(*command: object, cwd: Path | None = None) -> str:
    env = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_airflow_finds_what_the_dags_need_by_an_entry_point(installed: Path, tmp_path: Path) -> None:
    found = "import importlib.metadata as m; print(*(p.value for p in m.entry_points(group='airflow.plugins')))"

    assert run(installed / "python", "-c", found, cwd=tmp_path).split() == ["ringwatch.airflow.plugin:RingwatchPlugin"]

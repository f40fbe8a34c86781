# Everything a developer runs. Needs Python 3.11, 3.12 or 3.13; `make PYTHON=python3.12 ...` names one.
PYTHON ?= python3
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
INSTALLED := .venv/installed
ACCOUNTS ?= 100000 1000000
BOLT ?= 100000
# How many tests on a real Neo4j run at a time, each on a server of its own: 5 GB of memory for each.
WORKERS ?= 1

.PHONY: help
help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(INSTALLED) ## Make .venv with everything in requirements.lock

$(INSTALLED): requirements.lock pyproject.toml scripts/setup_venv.py
	@command -v $(PYTHON) >/dev/null || { echo "setup: there is no $(PYTHON); install Python 3.11 to 3.13, or name one: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "setup: $(PYTHON) is Python %d.%d, and ringwatch needs 3.11 to 3.13; name one: make PYTHON=python3.12" % v)'
	@$(PYTHON) scripts/setup_venv.py

.PHONY: demo
demo: $(INSTALLED) ## Simulate some days, run their nights on a real Neo4j, show the rings
	@$(BIN)/ringwatch demo

.PHONY: demo-spark
demo-spark: $(INSTALLED) ## The same with its shards judged by Spark on this machine; needs Java 17
	@$(BIN)/ringwatch demo --engine spark

.PHONY: evaluate
evaluate: $(INSTALLED) ## Judge simulated worlds of family C and write a report: 40 minutes
	@$(BIN)/ringwatch evaluate --family C --out var/evaluation-report

.PHONY: airflow
airflow: $(INSTALLED) ## Run the DAGs in Airflow on this machine, on simulated feeds; Ctrl-C stops it
	@$(BIN)/python scripts/airflow_local.py

.PHONY: secrets
secrets: ## Draw the passwords of docker-compose.yml into secrets/, those that are not there yet
	@$(PYTHON) scripts/secrets_of_stack.py

.PHONY: test
test: test-unit test-integration test-properties ## Run all tests but those of test-slow

.PHONY: test-unit
test-unit: $(INSTALLED) ## Run the tests that need no server: seconds
	$(BIN)/python -m pytest -m "not integration and not slow" --numprocesses 2 --dist loadfile --quiet

.PHONY: test-integration
test-integration: $(INSTALLED) ## Run the tests on a real Neo4j with GDS; WORKERS=2: two at a time
	$(BIN)/python -m pytest -m "integration and not slow" --quiet $(if $(NEO4J_URI),,--numprocesses $(patsubst 1,0,$(WORKERS)) --dist loadfile)

.PHONY: test-slow
test-slow: $(INSTALLED) ## Run the tests of sizes and of benchmarks, which take minutes each and are not among all tests
	$(BIN)/python -m pytest -m slow --quiet

.PHONY: bench
bench: $(INSTALLED) ## Measure the door against the bare tools; ACCOUNTS="..." BOLT="..." name other sizes
	@$(BIN)/python -m benchmarks.door $(ACCOUNTS:%=--accounts %) $(BOLT:%=--bolt %)

.PHONY: bench-detection
bench-detection: $(INSTALLED) ## Measure link, detect and score against the same work in process and bare GDS calls
	@$(BIN)/python -m benchmarks.detection $(ACCOUNTS:%=--accounts %)

.PHONY: ablation
ablation: $(INSTALLED) ## Judge worlds without each part of detection, and show what each adds: about ten minutes
	@$(BIN)/python -m benchmarks.ablation

.PHONY: faults
faults: $(INSTALLED) ## Break nights in every stage, run them again, and write docs/measurements/faults.md: 45 minutes at most
	rm -f var/faults.jsonl && mkdir -p var
	FAULTS=all FAULTS_RESULTS=$(CURDIR)/var/faults.jsonl timeout 2700 $(BIN)/python -m pytest tests/faults --quiet
	$(BIN)/python tests/faults/table.py var/faults.jsonl docs/measurements/faults.md

.PHONY: test-properties
test-properties: $(INSTALLED) ## Hold the gate to its properties on many random deliveries
	EXAMPLES=10 $(BIN)/python -m pytest tests/unit/gate/test_gate_properties.py --quiet

.PHONY: check
check: $(INSTALLED) ## Check style, types, imports, generated files, schemas and licences
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m ringwatch.render --check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/compose-lint check --strict-config --skip-suppressed --fail-on low docker-compose.yml
	$(BIN)/python scripts/licences.py

.PHONY: format
format: $(INSTALLED) ## Format the code and mend what ruff can
	$(BIN)/ruff check --fix --quiet
	$(BIN)/ruff format

.PHONY: generated
generated: $(INSTALLED) ## Render cypher/schema, cypher/load and the data dictionary from schemas/
	$(BIN)/python -m ringwatch.render

.PHONY: server-lock
server-lock: $(INSTALLED) ## Re-make the lock of the embedded server's jars
	$(BIN)/python -m ringwatch.server.lock

.PHONY: lock
lock: $(INSTALLED) ## Re-make requirements.lock; UPGRADE=1 takes the newest versions
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes --python-version 3.11 \
	  --no-header --quiet $(if $(UPGRADE),--upgrade) -o requirements.lock

.PHONY: clean
clean: ## Stop the servers of demo and evaluation, remove .venv, their data and all caches; other data in var/ stay
	@for home in var/demo var/evaluation var/evaluation/worker-* .airflow/world/var; do \
	  if [ -x $(BIN)/ringwatch ] && [ -d $$home ]; then RINGWATCH_HOME=$$home $(BIN)/ringwatch server stop; fi; done
	@rm -rf .venv var/demo var/evaluation .airflow .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	@find benchmarks pipelines dags scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Everything a person or a machine does with this repository. `make help` prints it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# A Python 3.11: the first of these that is one. Another is named with `make run PYTHON=/path/to/python3.11`.
PYTHON ?= $(shell for python in python3.11 python3 python; do \
	if $$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then echo $$python; break; fi; done)
UV_VERSION := 0.13.8
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
INSTALL := $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python

# All state lives under one folder; set it in the environment or after the target.
STRATUM_HOME ?= .stratum
export STRATUM_HOME
DAGSTER_HOME := $(abspath $(STRATUM_HOME))/dagster
PORT ?= 3000
API_PORT ?= 8000
# A shell script's `make up &` ignores interrupts, and so would Dagster, which then cannot be stopped at all: heed them again.
HEED_INTERRUPTS := import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])
WORKERS ?= 2
TESTS ?=

.PHONY: help run up test fix check golden bench soak docs lock clean

help: ## Print this help.
	@echo "Stratum: make TARGET"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  State lives in STRATUM_HOME (now $(STRATUM_HOME)). More commands: $(BIN)/stratum --help"

run: $(READY) ## Run the whole chain on the built-in market, or on recorded answers: make run ARCHIVE=FOLDER
	@$(BIN)/stratum run $(if $(ARCHIVE),--archive "$(ARCHIVE)")

up: $(READY) ## Start the platform on this machine: Dagster's UI (PORT, 3000), live polling, the API (API_PORT, 8000), webhooks.
	@mkdir -p "$(DAGSTER_HOME)"
	@cp dagster.yaml "$(DAGSTER_HOME)/dagster.yaml"
	@echo "Stratum: http://127.0.0.1:$(PORT) (state in $(STRATUM_HOME); Ctrl+C stops everything)"
	@export STRATUM_HOME="$(abspath $(STRATUM_HOME))" DAGSTER_HOME="$(DAGSTER_HOME)" PYTHONWARNINGS='ignore:Function `dev_command`'; \
		$(BIN)/stratum serve --port $(API_PORT) & api=$$!; \
		$(BIN)/stratum dispatch & dispatcher=$$!; \
		$(BIN)/python -c '$(HEED_INTERRUPTS)' \
		$(BIN)/dagster dev --workspace workspace.yaml --host 127.0.0.1 --port $(PORT) & ui=$$!; \
		trap 'kill -TERM $$api $$dispatcher 2>/dev/null; kill -INT $$ui 2>/dev/null; wait' EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; \
		wait -n $$api $$dispatcher $$ui

test: $(READY) ## Pass all tests, on as many processes as WORKERS says; some of them: make test TESTS=tests/quant
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(TESTS)

fix: $(READY) ## Format the code and mend what can be mended by itself.
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

check: $(READY) ## Look only: format, style, types, who imports whom, whether the lock fits.
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest -q tests/test_lock.py

golden: $(READY) ## Write the golden files anew; read the difference before you commit it.
	@$(BIN)/pytest -q --rewrite-golden $(TESTS)
	@git --no-pager diff --stat -- tests/golden || true

bench: $(READY) ## Measure speed, as ratios against a baseline in the same run.
	@$(BIN)/python -m tests.bench

soak: $(READY) ## Run the live cycle for long, and see that memory and files stay bounded.
	@$(BIN)/python -m tests.soak

docs: $(READY) ## Write the generated pages, the dbt sources and .env.example from the code.
	@$(BIN)/stratum docs

lock: $(READY) ## Resolve pyproject.toml into requirements.lock (needs a network); newest versions: make lock UPGRADE=1
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --python-version 3.11 --quiet --system-certs \
		$(if $(UPGRADE),--upgrade) \
		--no-emit-index-url --no-header --no-annotate --generate-hashes --output-file requirements.lock
	@git --no-pager diff --stat -- requirements.lock || true

clean: ## Remove the environment and all caches. State in STRATUM_HOME stays.
	@rm -rf $(VENV) .cache .hypothesis .import_linter_cache .ruff_cache build dist *.egg-info
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# The environment: made once, and again when the lock or the project's declaration changes.
$(READY): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then \
		echo "Stratum needs Python 3.11; $(if $(PYTHON),$(PYTHON) is not one,none was found as python3.11 or python3). Install it, or name it: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; fi
	@if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then \
		echo "Setting up $(VENV) (once; about a minute)"; \
		rm -rf $(VENV); \
		$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
			echo "$(PYTHON) cannot make an environment. On Debian and Ubuntu: apt-get install python3.11-venv" >&2; exit 1; }; fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(INSTALL) --require-hashes -r requirements.lock \
		|| { echo "uv could not install the lock; trying pip, which reads pip's own settings" >&2; \
			$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock; }
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(READY)

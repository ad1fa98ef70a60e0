# Every target makes what it needs in .venv, says so in one line, and is quick when nothing changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEV := $(VENV)/.installed-dev
AGENTS := $(VENV)/.installed-agents
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow bench-solver lint
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The development install holds everything that the demo needs.
demo: $(if $(wildcard $(DEV)),$(DEV),$(AGENTS)) ## the priming study in miniature, and its report (minutes)
	@echo "Priming two small language models, one with habits, and training both; the folder is runs/demo."
	@$(BIN)/countdown-gym study --preset demo --out runs/demo

test: $(DEV) ## run the tests (about five minutes at most)
	@echo "Running the tests."
	@$(BIN)/pytest -n auto --maxprocesses 8 --dist worksteal

test-slow: $(DEV) ## run only the slow tests
	@echo "Running the slow tests."
	@$(BIN)/pytest -n auto --maxprocesses 8 --dist worksteal -m slow || [ $$? -eq 5 ] # 5: nothing is marked slow

bench-solver: $(DEV) ## measure the solver; PEERS="--set numbers=..." lets others take part
	@echo "Measuring the solver (about two minutes)."
	@$(BIN)/python -m benchmarks.run solver $(PEERS)

lint: $(DEV) ## check style, format, types and layers
	@echo "Checking style, format, types and layers."
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

setup: $(DEV) ## make .venv with everything for development
	@echo "$(VENV) is ready."

$(DEV): pyproject.toml | $(BIN)/pip
	@echo "Installing countdown-gym for development into $(VENV) (the first time takes minutes)."
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

$(AGENTS): pyproject.toml | $(BIN)/pip
	@echo "Installing countdown-gym with its agents into $(VENV) (the first time takes minutes)."
	@$(PIP_INSTALL) --editable '.[agents]'
	@touch $@

# pip is the last thing that venv writes, so an interrupted start is noticed and repeated.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "countdown-gym needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo missing);" \
			"install one and name it: make PYTHON=python3.12 $(firstword $(MAKECMDGOALS))" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV)."
	@$(PYTHON) -m venv $(VENV)

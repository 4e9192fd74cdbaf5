# `make` lists what there is to do. Everything runs in .venv, which `make setup` builds; nothing else is touched.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV   := .venv
PYTHON := $(VENV)/bin/python
READY  := $(VENV)/.ready

BASE    := .ci/python#    the Python that .venv is made with
ENVPLAN := --editable .#  what is installed in it of envplan; in CI, the wheel

.PHONY: help setup fmt lint types test live demo bench build clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## build .venv with envplan and its tools, and install a C compiler if there is none

$(READY): pyproject.toml
	@$(BASE) -m venv $(VENV)
	@# pip 25.1 is the first that reads dependency groups.
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check $(ENVPLAN) --group dev
	@# As pip does for what it installs for good: where PYTHONDONTWRITEBYTECODE is set, each start compiles all.
	@$(PYTHON) -m compileall -q src
	@.ci/compiler
	@touch $(READY)

fmt: $(READY) ## format the code
	@$(VENV)/bin/ruff format --quiet src tests bench
	@$(VENV)/bin/ruff check --quiet --fix src tests bench

lint: $(READY) types ## check style, types, the import contract and the catalog
	@$(VENV)/bin/ruff format --check src tests bench
	@$(VENV)/bin/ruff check src tests bench
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m envplan.catalog.lint
	@.ci/no-registry

types: $(READY) ## check the types
	@$(VENV)/bin/mypy

test: $(READY) ## run every test: loopback only, no GPU needed
	@$(PYTHON) -m pytest -n 2 --dist loadgroup

live: $(READY) ## run the tests that download: a real torch, locked, applied and proven (300 MB)
	@ENVPLAN_LIVE=1 $(PYTHON) -m pytest tests/live

demo: $(READY) ## see it work: from words to an environment, without a network
	@$(VENV)/bin/envplan demo

bench: $(READY) ## measure the speed budgets
	@$(PYTHON) bench/startup.py && $(PYTHON) bench/lock.py && $(PYTHON) bench/fetch.py && $(PYTHON) bench/apply.py

build: $(READY) ## build the wheel into dist/
	@$(PYTHON) -m build --outdir dist .

clean: ## remove .venv and everything built
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

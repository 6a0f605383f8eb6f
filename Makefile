# What people do daily. Needs make and Python 3.11 to 3.13; everything else is made in .venv and var.
# Paths here are relative, so that a checkout may lie in a folder whose name has spaces.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.SUFFIXES:
.DEFAULT_GOAL := help
.PHONY: help install demo up servers test check bench lint format types contracts migrations deploy clean venv venv-dev venv-bench

# The first Python that is new enough, asked for only where it is needed.
FIND_PYTHON = for p in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	if "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	then found="$$p"; break; fi; done; \
	if [ -z "$$found" ]; then \
	echo "Concord needs Python 3.11, 3.12 or 3.13 and finds none ($$(python3 --version 2>&1 || true)): install one and run make again, or name it: make PYTHON=/path/to/python3.11" >&2; exit 2; fi
INSTALL = @$(FIND_PYTHON); exec "$$found" hub/embedded/install.py

PY := .venv/bin/python
VERBOSE := $(if $(filter-out 0,$(V)),-v,)
HEADLESS ?=
export HEADLESS
# Every process would compile the project anew, which is half of its start.
unexport PYTHONDONTWRITEBYTECODE
# Options for pytest: make test ARGS="-k inbox"
ARGS ?=
# As many test processes as tests were measured with; two cores are what a small machine has.
JOBS ?= 2
PYTEST = -n $(JOBS) --dist loadgroup $(ARGS)

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

venv:
	$(INSTALL) embedded

venv-dev:
	$(INSTALL) dev

venv-bench:
	$(INSTALL) bench

install: venv ## make .venv from the hashed requirements and stop there

demo: venv ## start everything, load the sample of five systems, stay until Ctrl-C (HEADLESS=1: print JSON and stop)
	@exec $(PY) -m hub.embedded $(VERBOSE) demo

up: venv ## start everything without the sample, stay until Ctrl-C (V=1: show what web and worker log)
	@exec $(PY) -m hub.embedded $(VERBOSE) up

servers: venv ## start PostgreSQL and Valkey alone, for work on the project
	@exec $(PY) -m hub.embedded servers

test: venv-dev ## run the whole test suite on servers of its own (ARGS: options for pytest)
	@exec $(PY) -m hub.embedded test -- $(PYTEST)

check: lint types contracts migrations deploy ## what CI runs: lint, types, contracts, migrations, check --deploy, tests
	@exec $(PY) -m hub.embedded test -- $(PYTEST)

lint: venv-dev ## ruff, rules and format
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

format: venv-dev ## let ruff correct what it can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

types: venv-dev ## mypy
	@$(PY) -m mypy .

contracts: venv-dev ## who may import whom
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

migrations: venv-dev ## no model without its migration
	@HUB_STATE_DIR=.ci/no-state $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

# The settings of a real installation, with keys that belong to none.
deploy: venv-dev ## Django's own check of settings for production
	@HUB_STATE_DIR=.ci/no-state HUB_PUBLIC_URL=https://hub.example.com HUB_ALLOWED_HOSTS=hub.example.com \
	HUB_SECRET_KEY=only-this-check-uses-it-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF \
	HUB_MASTER_KEY=b25seS10aGlzLWNoZWNrLXVzZXMtdGhpcy1rZXktISE= \
	DATABASE_URL=postgres://concord@127.0.0.1:5432/concord REDIS_URL=redis://127.0.0.1:6379/0 \
	$(PY) manage.py check --deploy --fail-level WARNING

bench: venv-bench ## the benchmarks, each beside its peer or floor (ARGS=matching: one part; options follow it)
	@exec $(PY) -m bench $(ARGS)

clean: ## remove .venv and caches; var and its database stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles build
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

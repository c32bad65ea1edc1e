# Commands of the project. Prerequisites: git, make, Python 3.11 with venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
SIZE ?= small
export PYTHONPATH := src

BENCH := .venv-bench
RUN_STAMP = $(VENV)/.run-$(shell sha256sum locks/run.txt | cut -c1-16)
BENCH_STAMP = $(BENCH)/.bench-$(shell sha256sum locks/bench.txt | cut -c1-16)
DEV_STAMP = $(VENV)/.dev-$(shell cat locks/run.txt locks/dev.txt | sha256sum | cut -c1-16)

.PHONY: help run install test check bench conformance properties docs release-check demo spark-check evidence lock format messages screenshots clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/bin/python:
	@echo "puhui: making $(VENV) with $(PYTHON)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: apt-get install python3 python3-venv")'
	@$(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python scripts/link.py

$(RUN_STAMP): | $(VENV)/bin/python
	@echo "puhui: installing the product (locks/run.txt)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/run.txt
	@touch $@

$(DEV_STAMP): | $(VENV)/bin/python
	@echo "puhui: installing the development tools (locks/dev.txt)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	@touch $@ $(RUN_STAMP)

$(BENCH_STAMP):
	@echo "puhui: installing the measured peers into $(BENCH) (locks/bench.txt)"
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/bench.txt
	@touch $@

run: $(RUN_STAMP) ## install, migrate, load the demo, serve on 127.0.0.1:$(PORT)
	@exec $(BIN)/python -m puhui.site.command serve --port $(PORT)

demo: $(RUN_STAMP) ## load the demo without serving (SIZE=small|full)
	@$(BIN)/python -m puhui.site.command migrate --verbosity 0
	@$(BIN)/python -m puhui.site.command demo --size $(SIZE)

install: $(DEV_STAMP) ## product and development tools into .venv

test: $(DEV_STAMP) ## every test whose outside program is present
	@$(BIN)/python -m pytest -n 3 $(ARGS)

check: $(DEV_STAMP) ## format, lint, types, contracts, syntax-tree rules, planted violations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy -p puhui
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m puhui.site.command makemigrations --check --dry-run
	$(BIN)/python -m pytest tests/architecture

format: $(DEV_STAMP) ## format and fix what can be fixed
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

conformance: $(DEV_STAMP) ## agree with peers' and official figures (CASES=file, TABLE=page)
	@$(BIN)/python -m puhui.lab.conformance $(if $(CASES),--cases "$(CASES)") $(if $(TABLE),--table "$(TABLE)")

bench: $(DEV_STAMP) $(BENCH_STAMP) ## measure, write build/bench.json
	@$(BIN)/python -m puhui.lab.bench $(ARGS)

release-check: $(DEV_STAMP) ## the long runs
	@PUHUI_RELEASE=1 PUHUI_SIMULATION=1000 PUHUI_DRILLS=20 PUHUI_EDITS=1000 $(BIN)/python -m pytest -n 0 tests/batch tests/generative tests/journeys tests/operations tests/postgres tests/docs tests/domain/test_lab_recipe.py tests/domain/test_worth_measured.py tests/domain/test_papers.py $(ARGS)
	@$(BIN)/python -m puhui.lab.conformance

messages: $(DEV_STAMP) ## collect and compile the message catalogues (needs gettext)
	@$(BIN)/python scripts/messages.py

screenshots: $(DEV_STAMP) ## make the pictures in docs/screenshots (needs chromium, fonts-noto-cjk)
	@PUHUI_SCREENSHOTS=1 $(BIN)/python -m pytest -n 0 tests/browser

lock: ## rewrite locks/ from pyproject.toml (hashes, no host)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o locks/run.txt pyproject.toml
	@$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c locks/run.txt --extra batch --extra train --extra documents --extra dev -o locks/dev.txt pyproject.toml
	@$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c locks/run.txt --extra bench -o locks/bench.txt pyproject.toml

properties: $(DEV_STAMP) ## G1 to G10 over 200,000 random cases (G7 to G9: 100,000 households), write build/properties.json
	@$(BIN)/python -m puhui.lab.properties $(ARGS)

docs: $(DEV_STAMP) ## build the documentation site into build/docs
	@$(BIN)/python -m puhui.lab.docs.site

spark-check: $(DEV_STAMP) ## the portfolio on Spark: identical totals, after killed workers too (needs Java 17)
	@$(BIN)/python -m puhui.lab.spark_check $(ARGS)

evidence: $(DEV_STAMP) ## relief against other ways in simulated worlds, write docs/evidence/relief.md (ARGS="--cohorts 20")
	@$(BIN)/python -m puhui.lab.simulate.evidence $(ARGS)

clean: ## remove what is made (not the demo's data)
	@rm -rf build .mypy_cache .ruff_cache .hypothesis

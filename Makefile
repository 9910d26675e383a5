# The few commands people type. Everything they make lies under .venv/, build/ and two git-ignored folders of site/.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m rnnvis.start

.PHONY: help demo demo-build demo-lm demo-lm-build site serve verify wheel test check bench soak clean

help:
	@echo "make demo           set up, train, build and serve the explorer: reviews, and a pronouncer out of a package"
	@echo "make demo-build     the same without serving; the site is left in build/site/"
	@echo "make demo-lm        make demo, and a language model on speeches besides (minutes more)"
	@echo "make demo-lm-build  the same without serving"
	@echo "make wheel          build a wheel with the viewer inside, and its sources, into build/dist/"
	@echo "make test           set up what the tests need, and run all of them"
	@echo "make check          formatting, types, lint, generated files (a minute or two)"
	@echo "make bench          measure the figures that the documentation quotes"
	@echo "make soak           damaged inputs, kills, full disks and readers at length (an hour or more)"
	@echo "make clean          remove build/ and what was generated into site/"

demo: demo-build
	@$(RUN) serve

demo-build: $(VENV)/.ready
	@$(RUN) regenerate --quick --jobs 2 reviews graphemes

demo-lm: demo-lm-build
	@$(RUN) serve

demo-lm-build: $(VENV)/.ready
	@$(RUN) regenerate --quick --jobs 2 reviews graphemes speeches

site: $(VENV)/.ready
	@$(RUN) site

serve: $(VENV)/.ready
	@$(RUN) serve

verify: $(VENV)/.ready
	@$(RUN) verify build/site/explorer/data

wheel: $(VENV)/.ready
	@$(RUN) wheel

test: $(VENV)/.ready-test demo-build
	@sh tests/run.sh

check: $(VENV)/.ready-test
	@sh tests/check.sh

bench: $(VENV)/.ready-test demo-build
	@$(VENV)/bin/python -m benchmarks

soak: $(VENV)/.ready-test demo-build
	@$(VENV)/bin/python -m tests.soak

$(VENV)/.ready: pyproject.toml requirements/constraints.txt requirements/run.txt requirements/setup.sh
	@PYTHON="$(PYTHON)" sh requirements/setup.sh $(VENV) run
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready requirements/test.txt
	@PYTHON="$(PYTHON)" sh requirements/setup.sh $(VENV) test
	@touch $@

clean:
	rm -rf build site/explorer/app site/explorer/data site/generated site/assets/katex

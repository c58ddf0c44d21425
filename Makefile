# Everything from a fresh clone with Python 3.11+, make and a package index.
#   make demo     train on real data, export C, prove that its predictions equal Python's
#   make test     the fast tests on what a user installs
#   make check    format, lint, types, import contracts, doctests and the fast tests
#   make slow     the tests that take minutes
#   make exhaustive  our exp, log, tanh, ... on every float32 there is: about twenty minutes
#   make docs     rebuild docs/api and the stages in docs/architecture.md
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest

.PHONY: demo test check slow exhaustive format docs bench clean

demo: $(VENV)/demo.stamp
	$(BIN)/constnet demo

test: $(VENV)/test.stamp
	$(PYTEST) -q -n auto

check: $(VENV)/check.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(PYTEST) -q --doctest-modules src
	$(PYTEST) -q -n auto

slow: $(VENV)/test.stamp
	$(PYTEST) -q -n auto -m slow

exhaustive: $(VENV)/test.stamp
	$(PYTEST) -q -n auto -m exhaustive

format: $(VENV)/check.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/demo.stamp
	$(BIN)/python scripts/build_api_reference.py
	$(BIN)/python scripts/build_architecture.py

bench: $(VENV)/bench.stamp
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "constnet needs Python 3.11+"'
	$(PYTHON) -m venv $(VENV)

$(VENV)/%.stamp: requirements/%.txt pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -r $<
	$(INSTALL) --no-deps --editable .
	touch $@

$(VENV)/test.stamp: requirements/demo.txt
$(VENV)/check.stamp: requirements/test.txt requirements/demo.txt

clean:
	rm -rf $(VENV) build dist src/*.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis

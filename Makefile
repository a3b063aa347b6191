# Two commands are promised: `make demo` and `make check`. Both need Python 3.11+ and make, nothing else.
PYTHON ?= python3
VENV   ?= .venv
# One more than two cores: tests wait for sockets and disks.
WORKERS ?= 3
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.deskd
# Compiled once, and not anew by every worker and every daemon that a test starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo run check lint types contracts test explore proof bench shots docs clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   try it: a pretended Slack and mailbox on one web page, no accounts"
	@echo "make check  what CI runs: lint, types, contracts, tests"
	@echo "make proof  slow proofs: kill loops, floods       make explore  properties, on other examples"
	@echo "make bench  speed, as ratios to a floor"
	@echo "make shots  the README's picture, made anew       make docs   generated pages"

$(STAMP)-run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "deskd needs Python 3.11 or newer; say which: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(STAMP)-dev: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "deskd needs Python 3.11 or newer; say which: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,postgres]'
	@touch $@ $(STAMP)-run

demo: $(STAMP)-run
	@$(BIN)/deskd demo $(ARGS)

run: $(STAMP)-run
	@$(BIN)/deskd run $(ARGS)

check: lint types contracts test

lint: $(STAMP)-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)-dev
	$(BIN)/mypy

contracts: $(STAMP)-dev
	$(BIN)/lint-imports

test: $(STAMP)-dev
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal $(TESTS)

explore: $(STAMP)-dev
	DESKD_TEST_EXPLORE=1 $(BIN)/pytest -q -n $(WORKERS) --dist worksteal -m hypothesis $(TESTS)

proof: $(STAMP)-dev
	$(BIN)/pytest -q -m proof $(TESTS)

bench: $(STAMP)-dev
	$(BIN)/python -m benchmarks $(ARGS)

shots: $(STAMP)-dev
	$(BIN)/python -m docs.shots

docs: $(STAMP)-dev
	$(BIN)/python docs/draw.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

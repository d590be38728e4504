# Works on a fresh clone with make and Python 3.11 or later.
#
#   make test PYTHON=python3.13 VENV=.venv-3.13    another Python, in its own environment
#   make test ARGS="-m 'not slow'"                 arguments for the program that the target runs

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check

.DEFAULT_GOAL := help
.NOTPARALLEL:  # the targets share one environment
.PHONY: help demo test servers faults interop browser lint bench peers clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F '\t' '{ printf "  make %-7s %s\n", $$1, $$2 }'

demo: $(VENV)/.base  ## run embedprep on the sample reviews and show the first rows
	$(BIN)/embedprep run sample_data/reviews.txt -o build/demo --max-len 12
	$(BIN)/python examples/show_rows.py build/demo

test: $(VENV)/.test  ## run all tests but those below, as many at a time as there are cores
	$(BIN)/pytest -n auto --dist worksteal --ignore tests/faults $(ARGS)

servers: $(VENV)/.servers  ## run the tests with a server of S3, and those of faults in short form
	EMBEDPREP_SERVERS=1 $(BIN)/pytest tests/servers tests/faults -n auto --dist worksteal $(ARGS)

faults: $(VENV)/.servers  ## try all faults in full, and write the figures into docs/reliability.md
	EMBEDPREP_FAULTS=full $(BIN)/pytest tests/faults -n auto --dist worksteal $(ARGS)

# The tests beside gensim, tokenizers and fastText need little, and belong to `make test`.
interop: $(VENV)/.interop  ## run the examples, and the tests beside Keras 3 and PyTorch
	$(MAKE) --always-make -C examples PYTHON='$(abspath $(BIN))/python' EMBEDPREP='$(abspath $(BIN))/embedprep'
	KERAS_BACKEND=torch EMBEDPREP_INTEROP=1 $(BIN)/pytest tests/interop $(ARGS)

browser: $(VENV)/.browser  ## look at reports in Chromium, which must be installed; screenshots in build/report
	EMBEDPREP_BROWSER=1 $(BIN)/pytest tests/browser $(ARGS)

lint: $(VENV)/.dev  ## check style, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/.base  ## measure speed and memory (beside the peers that are installed)
	$(BIN)/python benchmarks/bench.py $(ARGS)
	$(BIN)/python benchmarks/languages.py
	$(BIN)/python benchmarks/stages.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/looking.py
	$(BIN)/python benchmarks/vectors.py
	$(BIN)/python benchmarks/skipgrams.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/scaling.py
	-$(BIN)/python benchmarks/cluster.py

peers: $(VENV)/.bench  ## install what the benchmarks compare with (about 2 GB)

clean:  ## remove everything that make made, the environment included
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says that an environment holds what pyproject.toml asks for, so a second call is instant.
# Installs are editable: the code under test is the code in this folder.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "embedprep needs Python 3.11 or later; name one: make PYTHON=python3.13" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.base: pyproject.toml | $(VENV)/.made
	$(PIP) -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/.made
	$(PIP) -e '.[test]'
	@touch $@

$(VENV)/.interop: pyproject.toml | $(VENV)/.made
	$(PIP) -e '.[interop]'
	@touch $@

$(VENV)/.servers: pyproject.toml | $(VENV)/.made
	$(PIP) -e '.[servers]'
	@touch $@

$(VENV)/.browser: pyproject.toml | $(VENV)/.made
	$(PIP) -e '.[browser]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.made
	$(PIP) -e '.[dev]'
	@touch $@

$(VENV)/.bench: pyproject.toml | $(VENV)/.made
	$(PIP) -e '.[bench]' || { \
		echo "TensorFlow 2.21 has wheels for Python 3.11 to 3.13 only; if that is why:" >&2; \
		echo "  make clean && make peers PYTHON=python3.13" >&2; exit 1; }
	@touch $@

# `make demo` and `make test` set up what they need in $(VENV).

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed

.PHONY: demo test test-oldest test-slow check docs benchmark clean

demo: $(INSTALLED)
	$(BIN)/specgan demo --overwrite

test: $(INSTALLED)
	$(MAKE) -j 2 check docs
	$(BIN)/python -m pytest -n 2 --dist worksteal -q -m "not slow"

# The quick tests with the oldest packages that setup.cfg allows, in an
# environment of their own.
test-oldest: VENV = .venv-oldest
test-oldest: export PIP_CONSTRAINT = $(VENV)-constraints.txt
test-oldest:
	$(PYTHON) tests/oldest_requirements.py > $(PIP_CONSTRAINT)
	$(MAKE) VENV=$(VENV) $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --dist worksteal -q -m "not slow"

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -q -m slow

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

docs: $(INSTALLED)
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build

benchmark: $(INSTALLED)
	$(BIN)/specgan benchmark

# Without compiling all modules: those that are imported are compiled then.
$(INSTALLED): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "specgan needs Python 3.11 to 3.13. Received: `$(PYTHON) --version`. Name one: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' || \
	  { echo "$(PYTHON) lacks the venv module. On Debian and Ubuntu: apt install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
	  --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) .venv-oldest .venv-oldest-constraints.txt *.egg-info build

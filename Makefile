# dem: every target sets up what it needs, once.
#   make figures                        every figure on the shipped synthetic neighbourhood, quick profile
#   make figures PROFILE=full           the published figures
#   make figures DATA=path/to/homes     the same notebooks on your data
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PROFILE ?= quick
DATA ?= synthetic
SEED ?=
JOBS ?= 2
PORT ?= 8000
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)

BIN := .venv/bin
READY := .venv/.ready
# Telemetry and progress bars off: nothing leaves the machine, and notebooks stay repeatable.
export FLWR_TELEMETRY_ENABLED := 0
export RAY_USAGE_STATS_ENABLED := 0
export GRADIO_ANALYTICS_ENABLED := False
export TQDM_DISABLE := 1
export FLWR_HOME := $(CURDIR)/build/flwr
export RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO := 0

ifeq ($(DATA),synthetic)
  data := synthetic
  run := $(PROFILE)
else
  ifneq ($(words $(DATA)),1)
    $(error DATA must be one path without spaces, it is '$(DATA)')
  endif
  data := $(abspath $(DATA))
  ifeq ($(wildcard $(data)),)
    $(error DATA: there is no file or folder $(data))
  endif
  run := $(PROFILE)-$(notdir $(data))
endif

notebooks := $(sort $(wildcard notebooks/*.ipynb))
names := $(notebooks:notebooks/%.ipynb=%)
executed := $(notebooks:notebooks/%=build/$(run)/%)
sources := $(shell find dem contracts data -type f -not -path 'data/raw/*' -not -name '*.pyc')

# Notebooks and tests run JOBS at a time; torch's own threads would only get into each other's way.
figures $(names) test test-package test-notebooks: export OMP_NUM_THREADS := 1

.PHONY: help setup figures test test-package test-contracts test-notebooks test-figures zk lint format lab app bench refresh lock clean

help: ## show this list
	@echo "make figures   every figure, computed here (PROFILE=quick|full, DATA=synthetic|<folder or CSV>, SEED=2023)"
	@echo "make 03_agent_benchmark   one notebook alone, by its name (same variables)"
	@grep -E '^[a-z]+: .*## ' $(MAKEFILE_LIST) | grep -v -E '^figures' | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "make %-9s %s\n", $$1, $$2}'

setup: $(READY) ## environment, Solidity toolchain, compiled contracts (needs Python 3.11 or 3.12 and make)

$(READY): requirements.lock pyproject.toml package-lock.json tools/setup.py
	@$(PYTHON) tools/setup.py
	@touch $@

# A notebook that needs more homes or weeks than the data has fails alone.
figures: $(READY)
	@$(MAKE) -k -j$(JOBS) executed-notebooks
	@echo "figures and the numbers behind them: figures/$(run)/ · executed notebooks: build/$(run)/"

.PHONY: executed-notebooks
executed-notebooks: $(executed)

# One notebook alone, by its name: make 03_agent_benchmark PROFILE=full
.PHONY: $(names)
$(names): %: build/$(run)/%.ipynb

build/$(run)/%.ipynb: notebooks/%.ipynb $(sources) | $(READY)
	@$(BIN)/python tools/notebook.py run $< $@ --profile $(PROFILE) --data "$(data)" $(if $(SEED),--seed $(SEED))

test: test-package test-contracts test-notebooks test-figures ## unit, property, contract and notebook tests; quick figures compared

test-package: $(READY)
	@echo "— package —"
	@$(BIN)/pytest -p no:ape_test -q -n $(JOBS) --dist loadfile --ignore tests/contracts --ignore tests/figures tests

# Each market has a test chain, and so a process, of its own; JOBS of them run side by side.
markets := $(patsubst tests/contracts/%/conftest.py,%,$(wildcard tests/contracts/*/conftest.py))

test-contracts: $(READY)
	@echo "— contracts —"
	@$(BIN)/python -m dem.chain.toolchain
	@$(MAKE) -j$(JOBS) test-marketplace $(markets:%=test-market-%)

.PHONY: test-marketplace
test-marketplace:
	@$(BIN)/pytest -q tests/contracts $(markets:%=--ignore tests/contracts/%)

test-market-%:
	@$(BIN)/pytest -q tests/contracts/$*

test-notebooks: $(READY)
	@echo "— notebooks —"
	@rm -rf build/test/figures
	@DEM_FIGURES=$(CURDIR)/build/test/figures $(BIN)/pytest -p no:ape_test -q -n $(JOBS) --dist loadfile --timeout 1800 \
	  --nbval-lax --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg notebooks

test-figures: $(READY)
	@echo "— figures —"
	@DEM_FIGURES=$(CURDIR)/build/test/figures $(BIN)/pytest -p no:ape_test -q tests/figures

lint: $(READY) ## style, types of mistakes, notebooks without stray outputs
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: $(READY) ## rewrite the Python files in the project's style
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lab: $(READY) ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir notebooks

app: $(READY) ## the page and the HTTP API on a demonstration plant (PORT=8000)
	@$(BIN)/python -m dem.app --port $(PORT)

zk: $(READY) ## the extra for proofs (ezkl, onnx; moves no pin), and one proof made and verified on chain
	@$(BIN)/python -m pip install -q -c requirements.lock -e '.[zk]'
	@OMP_NUM_THREADS=1 $(BIN)/pytest -p no:ape_test -q tests/proofs/test_circuit.py

bench: $(READY) ## every benchmark's table
	@for file in $(filter-out benchmarks/__init__.py benchmarks/report.py,$(wildcard benchmarks/*.py)); do \
	  name=$$(basename $$file .py); echo "— $$name —"; $(BIN)/python -m benchmarks.$$name; done

refresh: $(READY) ## rewrite the outputs committed in notebooks/ (quick profile, normalised)
	@$(BIN)/python tools/notebook.py refresh $(notebooks)

lock: $(READY) ## resolve pyproject.toml into requirements.lock; pins that still fit stay (CUDA's packages are left to torch)
	@$(BIN)/python -m venv build/lock && build/lock/bin/pip install -q uv
	@cp requirements.lock build/lock/pins
	@build/lock/bin/uv pip compile -q pyproject.toml --extra dev --no-annotate --no-header --python-version 3.11 -o build/lock/pins
	@{ echo "# Every Python version pinned, for CPython 3.11 and 3.12. Remade from pyproject.toml by: make lock"; \
	  grep -v -E '^(nvidia-|cuda-|triton)' build/lock/pins | sed -E 's/\+cpu$$//'; } > build/lock/requirements.lock
	@mv build/lock/requirements.lock requirements.lock

clean: ## remove everything that set-up and runs made
	@rm -rf .venv .solcx .build .cache build node_modules .pytest_cache .ruff_cache .hypothesis *.egg-info

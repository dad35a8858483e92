# Everything a person or CI does with Kith. Python 3.11–3.13 and make are enough to begin.
PYTHON ?= python3
BIN := .venv/bin
UV := .tools/boot/bin/uv
MEMBERS := $(wildcard libs/*/pyproject.toml services/*/pyproject.toml tools/pyproject.toml)
EDITABLES := $(foreach member,$(MEMBERS:/pyproject.toml=),-e ./$(member))
ARGS ?=
# All tests, three files at a time, longest first: some of them mostly wait. They share the broker and have topics and
# databases of their own.
WHOLE := --numprocesses 3 --dist loadfile --no-loadscope-reorder

# Where byte code may not be kept, each start of a service compiles anew all that it imports: two seconds instead of half.
unexport PYTHONDONTWRITEBYTECODE
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup .venv run test check fix lock lock-kafka generate golden soak bench bench-synapse lock-synapse database clean
.PHONY: check-style check-types check-imports check-protos check-generated check-common

help: ## what can be done here
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

run: .venv/.ready ## broker, database and all services on this machine; Ctrl-C stops them
	@$(BIN)/kith up

test: .venv/.ready ## every test, on a real broker and database; ARGS="-k name" narrows
	@$(BIN)/kith stack $(if $(ARGS),,--databases 3) -- $(BIN)/pytest $(or $(ARGS),$(WHOLE))

check: check-style check-types check-imports check-protos check-generated check-common ## lint, types, contracts, fresh code; edits nothing
	@echo "check: all good"

check-style: .venv/.ready
	@$(BIN)/ruff format --check --quiet . || { echo "check: run 'make fix'"; exit 1; }
	@$(BIN)/ruff check --quiet .

check-types: .venv/.ready
	@$(BIN)/mypy conftest.py libs services tools deploy bench tests

check-imports: .venv/.ready
	@$(BIN)/lint-imports

check-protos: .venv/.ready
	@$(BIN)/buf lint protos
	@$(BIN)/python tools/check_breaking.py

check-generated: .venv/.ready
	@$(BIN)/python tools/generate.py --check
	@$(BIN)/python tools/render_topics.py --check
	@$(BIN)/python tools/render_policy.py --check
	@$(BIN)/python tools/render_retention.py --check

check-common: .venv/.ready
	@$(BIN)/python tools/check_common.py

fix: .venv/.ready ## format, and mend what can be mended by itself
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

generate: .venv/.ready ## rewrite generated code and documents
	@$(BIN)/python tools/generate.py
	@$(BIN)/python tools/render_topics.py
	@$(BIN)/python tools/render_policy.py
	@$(BIN)/python tools/render_retention.py

golden: .venv/.ready ## rewrite the golden files from what the code does now; review the diff
	@$(BIN)/kith stack -- $(BIN)/pytest --rewrite-golden $(ARGS)

soak: .venv/.ready ## talk and break things for half an hour; ARGS=--soak=600 is ten minutes
	@$(BIN)/kith stack -- $(BIN)/pytest tests/integration/test_talking_survives.py --timeout 0 -s $(or $(ARGS),--soak=1800)

bench: .venv/.ready ## measure
	@$(BIN)/kith bench $(ARGS)

bench-synapse: .venv/.ready ## measure beside Matrix Synapse, which is installed for it; ARGS="--rounds 1" is quicker
	@$(BIN)/python -m bench.peers.synapse $(ARGS)

lock-synapse: .tools/boot/.ready ## resolve the Synapse compared with anew
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  bench/peers/synapse/requirements.in -o bench/peers/synapse/requirements.txt

setup: .venv ## the Python environment; every other target does this by itself
.venv: .venv/.ready

# Again only when what is installed may have changed.
.venv/.ready: requirements.lock $(MEMBERS) .tools/boot/.ready
	@echo "Installing packages (a minute or two at first)"
	@test -x $(BIN)/python || $(UV) venv --quiet --no-python-downloads --python .tools/boot/bin/python .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(EDITABLES)
	@touch $@

# The installer, by version and by content.
.tools/boot/.ready: bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Kith needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear .tools/boot
	@.tools/boot/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r bootstrap.lock || \
	  { echo "The installer could not be fetched; check the network and try again."; exit 1; }
	@touch $@

lock: .tools/boot/.ready ## resolve dependencies anew and rewrite requirements.lock
	@$(UV) lock --quiet
	@$(UV) export --quiet --frozen --all-groups --no-emit-workspace --no-emit-project --no-header -o requirements.lock

lock-kafka: .venv/.ready ## resolve the local broker's jars anew and rewrite tools/jgo.lock.toml
	@$(BIN)/python -m kith_cli.local.jars

database: ## build the faster local database server (10 minutes; needs cargo, cmake, ninja, zlib's headers)
	@command -v cargo >/dev/null || { echo "cargo is missing; install Rust first (without it Kith uses the slower server)"; exit 1; }
	cargo install --locked --ignore-rust-version secantus-mdb --version 0.5.3-beta.196 --root .tools

clean: ## remove what was built and fetched; data in .kith stay
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

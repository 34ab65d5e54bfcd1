# The one way in: `make up` runs Darkroom, `make test` proves it. `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
BOOTSTRAP := @$(PYTHON) scripts/bootstrap.py
# No registry's address may get into a lock: whoever installs uses their own.
COMPILE := UV_SYSTEM_CERTS=1 UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --universal --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help up test check bench migrate lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

up: ## Run everything here until Ctrl-C: Postgres, Valkey, web, worker, clock, painter
	$(BOOTSTRAP)
	@exec $(BIN)/darkroom up

test: ## Everything that has to hold: check, then every test
	$(BOOTSTRAP) --dev --swift --browser
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest --numprocesses=3

check: ## Lint, format, types, import contracts
	$(BOOTSTRAP) --dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: ## Measure this machine: throughput, latency, sockets
	$(BOOTSTRAP) --dev
	@exec $(BIN)/python -m proof.bench

migrate: ## Bring the database that DATABASE_URL names to the newest schema
	$(BOOTSTRAP)
	@exec $(BIN)/python -m pipeline.release

lock: ## Pin the newest versions that pyproject.toml allows, by hash
	$(BOOTSTRAP) --dev
	$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade --constraint requirements.lock --extra dev pyproject.toml -o requirements-dev.lock
	$(COMPILE) --upgrade tests/swift/requirements.in -o tests/swift/requirements.lock
	$(COMPILE) --upgrade tests/supabase/requirements.in -o tests/supabase/requirements.lock
	$(COMPILE) --upgrade scripts/uv-requirements.in -o scripts/uv-requirements.txt
	$(BIN)/npm update --prefix tests/javascript --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
	$(BIN)/npm update --prefix tests/supabase --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

clean: ## Remove what was installed and cached here; the data in .darkroom stays
	rm -rf .venv .venv-swift .venv-supabase .browser .supabase build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

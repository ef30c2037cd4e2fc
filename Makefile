# Aliases only; every recipe is a command you could type.
.PHONY: up check format test test-all test-night lock

PY = .venv/bin/python

up: ## start ringwall on this machine
	./ringwall up

check: .venv/.dev ## lint, types, import contracts
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports

format: .venv/.dev
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

.venv/.dev: requirements/dev.txt pyproject.toml setup.py $(wildcard src/ringwall/*/*.c src/ringwall/*/*.h)
	test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

test: .venv/.dev check ## what must pass before a change lands
	$(PY) -m pytest -n 2 --dist worksteal -m "not clients and not slow and not night"

test-all: .venv/.dev check ## every client, every database, the long figures
	RINGWALL_TEST_LEVEL=all RINGWALL_TEST_PROFILE=all RINGWALL_TEST_KILLS=50 RINGWALL_TEST_CASES=1000000 $(PY) -m pytest -n 2 --dist worksteal -m "not night"

test-night: .venv/.dev ## the full figures
	RINGWALL_TEST_LEVEL=night RINGWALL_TEST_PROFILE=night RINGWALL_TEST_KILLS=200 RINGWALL_TEST_CASES=1000000 $(PY) -m pytest

lock: ## requirements/*.in -> hash-locked, universal *.txt (needs uv)
	for f in run dev training; do uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/$$f.in -o requirements/$$f.txt; done

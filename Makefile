# Every target makes its own environment: Python >= 3.11, make and a package index suffice.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.PHONY: demo run test lint docs clean bench bench-stage bench-simulate bench-duplicates bench-build coverage bench-score bench-signals bench-archive evaluate

$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pvsignal needs Python 3.11 or newer; call make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)  ## simulated archives through the Prefect flow to a report
	$(BIN)/python -m flows.demo

run: $(READY)  ## the FDA's archives to a report; more by ARGS="--mirror DIR"
	$(BIN)/pvsignal run --data-dir data $(ARGS)

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 sql

docs: $(READY)  ## the data dictionary, from the headers of the models
	$(BIN)/python -m pvsignal.dictionary > sql/README.md

bench: $(READY)  ## every stage and query beside a floor, one table and bench.json
	$(BIN)/python -m bench.bench_suite $(ARGS)

bench-stage bench-simulate bench-duplicates bench-build bench-score bench-signals bench-archive: bench-%: $(READY)
	$(BIN)/python -m bench.bench_$* $(ARGS)

coverage: $(READY)  ## how often intervals and tests hold, into docs/validation.md
	$(BIN)/python -m bench.coverage --page docs/validation.md $(ARGS)

evaluate: $(READY)  ## rules held against simulated truth, into docs/validation.md; 17 minutes; with ARGS only those
	$(BIN)/pvsignal evaluate $(or $(ARGS),--seeds 20 --page docs/validation.md --null-archives src/pvsignal/report/null_archives.csv)

clean:
	rm -rf $(VENV) demo

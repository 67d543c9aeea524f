# Every command of this repository. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

localkube := localkube/localkube
export KUBECONFIG ?=

help: ## what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: node_modules ## from nothing to a Flink job that runs under the operator; uses KUBECONFIG where it is set
	@npm run --silent demo

demo-down: node_modules ## removes what `make demo` made
	@npm run --silent demo -- --down

test: node_modules ## everything that CI runs; what takes turns as the commit has it, TEST_TURN=N those of another
	@npm run --silent test

test-record: node_modules ## the same, and keeps what it cost (docs/reference/test-cost.md)
	@npm run --silent test -- --record
	@npm run --silent generate

test-all: node_modules ## leaves nothing to other commits, and keeps what it came to; takes hours: LAYERS="sim e2e" for some of it
	@npm run --silent test -- --all $(LAYERS); status=$$?; npm run --silent generate && exit $$status

check: node_modules ## the inner loop: lint, types, unit tests, one of four plans of the fault suite
	@SIM_SAMPLE=4 npm run --silent test -- static unit sim

unit: node_modules ## unit tests
	@npm run --silent unit

browser: node_modules ## the dashboard's front end in Chromium, over a made-up fleet
	@npm run --silent browser

screenshots: node_modules ## writes the pictures of the dashboard into docs/images
	@SCREENSHOTS=docs/images npm run --silent browser -- screenshots

sim: node_modules ## the fault suite: the operator on a simulated Kubernetes and Flink, with faults at every single place
	@npm run --silent sim

sim-all: node_modules ## every plan of the fault suite
	@TEST_ALL=true npm run --silent sim

sim-mutants: node_modules ## mutation test: a plan of the fault suite or a unit test has to kill each mutant of the operator
	@npm run --silent sim:mutants

reliability: node_modules ## every plan of the fault suite and all mutants, and docs/reliability.md from what they came to
	@TEST_ALL=true SIM_TOTALS=test/sim/results/plans.json npm run --silent sim
	@SIM_MUTANTS=test/sim/results/mutants.json npm run --silent sim:mutants
	@npm run --silent generate

integration: node_modules ## against a real kube-apiserver
	@npm run --silent integration

e2e: node_modules ## user scenarios on the embedded cluster with real Flink, each on the version whose turn it is
	@npm run --silent e2e

e2e-all: node_modules ## every scenario on every Flink version
	@TEST_ALL=true npm run --silent e2e

chaos: node_modules ## jobs are upgraded and suspended while the operator, the API server and JobManagers are killed; CHAOS_SEED=N again
	@TEST_ALL=true npm run --silent test -- chaos

perf: node_modules ## budgets, as counts and ratios
	@npm run --silent perf

capacity: node_modules ## many jobs: RESOURCES=100,1000 of them, into docs/capacity.md; 5 minutes for 100, 15 for 1,000
	@npm run --silent capacity -- --resources "$(or $(RESOURCES),100)" --output docs/capacity.md

chart: node_modules ## the chart by the real Helm: lint, each value, roles, the plain manifests
	@npm run --silent chart

manifests: node_modules ## writes deploy/operator.yaml and deploy/job-rbac.yaml from the chart
	@npm run --silent manifests

lint-workflows: ## holds .github/workflows against what GitHub understands
	@tools/run actionlint -shellcheck= -pyflakes=

release-files: node_modules ## into dist/release: chart, manifests, definitions, bill of materials, notes; VERSION=, IMAGE= its repository
	@npm run --silent release-files -- "$(VERSION)" "$(IMAGE)"

release-pages: ## into the folder PAGES: the Helm repository's index for RELEASES, and docs/ as those of VERSION
	@mkdir -p "$(PAGES)/docs/$(VERSION)" && cp -r docs/. "$(PAGES)/docs/$(VERSION)/"
	@merge=; test ! -f "$(PAGES)/index.yaml" || merge="--merge $(PAGES)/index.yaml"; \
	folder=$$(mktemp -d) && cp dist/release/*.tgz "$$folder" && tools/run helm repo index "$$folder" --url "$(RELEASES)" $$merge && \
	mv "$$folder/index.yaml" "$(PAGES)/index.yaml" && rm -r "$$folder"

verify: node_modules ## fails where a generated file is not what its source says
	@npm run --silent verify

generate: node_modules ## writes the generated files: CRDs and the reference pages
	@npm run --silent generate

golden: node_modules ## writes test/golden from recordings in ../shared
	@npm run --silent golden

cluster-up: ## starts (or repairs) the embedded Kubernetes
	@$(localkube) up

cluster-down: ## removes the embedded Kubernetes and all that it left on the machine
	@$(localkube) down

cluster-purge: ## removes the embedded Kubernetes with its state
	@$(localkube) down --purge

images: node_modules ## builds the operator's image and Flink's, as OCI archives
	@npm run --silent bundle
	@npm run --silent images -- operator flink

node_modules: package-lock.json
	@echo "installing the packages of package-lock.json"
# Not "npm ci": it refuses a lock file without the packages for platforms that a registry does not have.
	@npm install --no-save --no-fund --no-audit --loglevel=error
	@touch node_modules

plugin: node_modules ## kubectl-flink as a single executable, dist/plugin; npm fetches postject; PLATFORM=, NODE= for another platform
	@npm run --silent plugin -- --executable $(if $(PLATFORM),--platform "$(PLATFORM)") $(if $(NODE),--node "$(NODE)")

web: node_modules ## the dashboard's front end as static files, dist/dashboard
	@npm run --silent web

bundle: node_modules ## the operator as a program, dist/operator/operator.mjs
	@npm run --silent bundle

.PHONY: help browser screenshots web test-record test-all chart manifests lint-workflows release-files release-pages bundle plugin demo demo-down test check unit sim sim-all sim-mutants reliability integration e2e e2e-all chaos perf capacity verify generate golden cluster-up cluster-down cluster-purge images

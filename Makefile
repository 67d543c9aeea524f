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

test: node_modules ## everything that CI runs
	@npm run --silent test

check: node_modules ## the inner loop: lint, types, unit tests, one of eight plans of the fault suite
	@SIM_SAMPLE=8 npm run --silent test -- static unit sim

unit: node_modules ## unit tests
	@npm run --silent unit

sim: node_modules ## the fault suite: the operator on a simulated Kubernetes and Flink, disturbed at every single place
	@npm run --silent sim

sim-all: node_modules ## the fault suite with each plan of the workloads that are variations of others, too
	@SIM_ALL=true npm run --silent sim

sim-mutants: node_modules ## plants mistakes in the operator, one at a time: the fault suite has to notice each
	@npm run --silent sim:mutants

reliability: node_modules ## the fault suite, and docs/reliability.md from what it came to
	@SIM_TOTALS=test/sim/results/plans.json npm run --silent sim
	@SIM_MUTANTS=test/sim/results/mutants.json npm run --silent sim:mutants
	@npm run --silent generate

integration: node_modules ## against a real kube-apiserver
	@npm run --silent integration

e2e: node_modules ## user stories on the embedded cluster with real Flink
	@npm run --silent e2e

e2e-all: node_modules ## every story on every Flink version
	@E2E_ALL=true npm run --silent e2e

chaos: node_modules ## jobs are upgraded and suspended while the operator, the API server and JobManagers are killed; CHAOS_SEED=N again
	@CHAOS_LENGTH=long npm run --silent test -- chaos

perf: node_modules ## budgets, as counts and ratios
	@npm run --silent perf

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

bundle: node_modules ## the operator as a program, dist/operator/operator.mjs
	@npm run --silent bundle

.PHONY: help chart manifests lint-workflows release-files release-pages bundle demo demo-down test check unit sim sim-all sim-mutants reliability integration e2e e2e-all chaos perf verify generate golden cluster-up cluster-down cluster-purge images

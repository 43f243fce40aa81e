# Most targets are steps of .ci/check, which explains them.

.DEFAULT_GOAL := help
.PHONY: help check format vet lint test runtimes browser interop deploy acme promql packages workerd fuzz cross vuln bench bench-worker bench-cluster soak pause

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

check: ## All checks that a change must pass
	@.ci/check

format: ## Check that all files are formatted with gofmt
	@.ci/check format

vet: ## go vet
	@.ci/check vet

lint: ## golangci-lint, in the version of tools/go.mod
	@.ci/check lint

test: ## All tests with the race detector, in random order
	@.ci/check test

runtimes: ## Tests of the events and of the Workers API on Node
	@.ci/check runtimes

browser: ## Test the chat, the dashboard and the library's server in Chromium
	@.ci/check browser

interop: ## Test with other implementations; those for Node and Bun need npm
	@.ci/check interop

deploy: ## Test the files of deploy/ with the programs that read them
	@.ci/check deploy

acme: ## Test certificates by ACME with the authority pebble
	@.ci/check acme

promql: ## Check the queries of the Grafana board and of the alert rules
	@.ci/check promql

packages: ## Test popular npm packages in a worker
	@.ci/check packages

workerd: ## Compare Durable Objects with those of the Workers runtime
	@.ci/check workerd

fuzz: ## Run each fuzz target for FUZZTIME, 1s by default
	@.ci/check fuzz

cross: ## Build for linux/arm64, darwin/arm64 and windows/amd64
	@.ci/check cross

bench: ## Compare Linger with its peers, about 40 minutes; writes bench/results.md
	go run ./bench -works all,scaling -rounds 5 -seconds 1 -write

bench-worker: ## Compare the runtimes of workers with Node's ws, about 15 minutes; needs node and npm; writes bench/worker/results.md
	go run ./bench -libs workers -works workers -base ws -rounds 5 -seconds 1 -write -folder worker

bench-cluster: ## The cost of channels on several nodes, beside Centrifugo, ten minutes; builds it
	go run ./bench/cluster -peers -rounds 3

soak: ## The long form of the survival tests, on every runtime that is installed, half an hour
	go test ./internal/survival -survival=long -runtimes=node,bun,deno,process -timeout 60m -count=1 -v
	go test ./internal/upgrade -run TestUpgrades -replacements=300 -crowd=180 -isolation=process -timeout 60m -count=1 -v

pause: ## The pause that clients see at an upgrade, with 10,000 connections, half a minute; on a quiet machine
	go test ./internal/upgrade -run TestPause -connections=10000 -busy=1000 -upgrades=5 -count=1 -v

vuln: ## Check dependencies for known vulnerabilities
	@.ci/check vuln

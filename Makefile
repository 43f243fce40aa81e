# Each target is a step of .ci/check, where it is explained.

.DEFAULT_GOAL := help
.PHONY: help check format vet lint test browser interop packages fuzz cross vuln bench bench-worker soak

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

check: ## Everything a change must pass
	@.ci/check

format: ## Is every file formatted by gofmt?
	@.ci/check format

vet: ## go vet
	@.ci/check vet

lint: ## golangci-lint, pinned in tools/go.mod
	@.ci/check lint

test: ## All tests with the race detector, in random order
	@.ci/check test

browser: ## The chat and the library's server in Chromium
	@.ci/check browser

interop: ## Other implementations against ours; those of Node and Bun by npm
	@.ci/check interop

packages: ## Much used packages of npm in a worker
	@.ci/check packages

fuzz: ## Every fuzz target for FUZZTIME, 5s by default
	@.ci/check fuzz

cross: ## Build for linux, darwin and windows, amd64 and arm64
	@.ci/check cross

bench: ## Linger and its peers side by side, about 40 minutes; writes bench/results.md
	go run ./bench -works all,scaling -rounds 5 -seconds 1 -write

bench-worker: ## What an event costs a JavaScript worker, beside Node's ws; needs node and npm
	go run ./bench -libs workers -works echo1,echo16,echo16k

soak: ## The survival test in its long form, some minutes
	go test ./internal/survival -survival=long -timeout 30m -count=1 -v

vuln: ## Known vulnerabilities in what we depend on
	@.ci/check vuln

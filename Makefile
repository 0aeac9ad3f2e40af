# make demo   a pool on http://localhost:9229 and an app that signs people in
# make test   everything that is checked; installs what is missing, on Debian
# make measure  start-up, memory, size
# make fuzz   every fuzz target for FUZZTIME each

FUZZTIME ?= 1m

# The packages whose tests also run under the race detector. Of the stories,
# those named …Race… do: one for each verb.
unit = $(shell go list ./internal/... ./cognito/... | grep -v -e /stories -e /cmd/)

.PHONY: demo build test check tests needed clients fuzz measure

demo:
	@go build -o bin/poolhouse ./cmd/poolhouse && exec bin/poolhouse demo

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/poolhouse ./cmd/poolhouse

test: needed clients check
	go run ./internal/housetest/cmd/withpostgres $(MAKE) --no-print-directory tests

check:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	CGO_ENABLED=0 go build ./...
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...

tests:
	go test -timeout 30m ./...
	POOLHOUSE_STORIES_ON_POSTGRES=1 go test -timeout 30m ./internal/stories
	CGO_ENABLED=1 go test -race -timeout 30m $(unit)
	CGO_ENABLED=1 go test -race -timeout 30m -run Race ./internal/stories

# PostgreSQL's server, a browser, Node.js and AWS's CLI for the stories, gcc for -race. Where they
# cannot be installed the tests that need them say so and are skipped.
needed:
	@missing=; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || missing="$$missing postgresql"; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="$$missing chromium"; \
	command -v gcc >/dev/null || missing="$$missing gcc libc6-dev"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	test -x /usr/bin/aws || missing="$$missing awscli"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	test -n "$$missing" || exit 0; \
	if ! command -v apt-get >/dev/null; then echo "not installed:$$missing"; exit 0; fi; \
	if test "$$(id -u)" = 0; then as=; elif sudo -n true 2>/dev/null; then as=sudo; else echo "not installed, and only root may install it:$$missing"; exit 0; fi; \
	echo "installing$$missing"; \
	{ $$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; } || echo "could not be installed:$$missing"

# AWS's JavaScript clients for the stories, as their lock file names them.
clients: needed
	@cd test/clients; \
	if test node_modules/.package-lock.json -nt package-lock.json; then exit 0; fi; \
	if ! command -v npm >/dev/null; then echo "not installed: npm"; exit 0; fi; \
	npm ci || echo "could not be installed: the JavaScript clients"

# Start-up, memory at rest, size of the binary.
measure: build
	go run ./internal/housetest/cmd/measure bin/poolhouse

fuzz:
	@set -e; for p in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$p/*_test.go | cut -c6-); do \
			echo "$$p $$f"; go test $$p -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME); \
		done; \
	done

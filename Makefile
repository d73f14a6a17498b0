# The front door: what a person or CI types. The build itself is CMakeLists.txt, what each check does scripts/run-suites.
.DEFAULT_GOAL := all
.PHONY: all install clean demo demo-s3 test bench bench-peers fuzz soak deps help build test-container generate-dotenv FORCE
.NOTPARALLEL:

PREFIX ?= /usr/local
DESTDIR ?=

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'
	@scripts/run-suites --list | sed 's/^/make check-/' | awk '{ printf "%-22s ", $$1 " " $$2; $$1 = $$2 = ""; sub(/^ +/, ""); print }'

all: ## build/bin/prio, build/bin/prio-processor, build/lib/libprio.so and .a
	@scripts/install-deps --check build
	@cmake --preset release >/dev/null
	@cmake --build --preset release --target prio prio-processor prio_shared prio_static

install: all ## into PREFIX (/usr/local), under DESTDIR if given
	@DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(PREFIX)"

clean: ## removes all that was built
	rm -rf build

deps: ## installs the Debian packages that building and testing need
	@scripts/install-deps test

demo: ## installs what is missing, builds, shows two servers and their clients at work
	@scripts/install-deps build
	@$(MAKE) --no-print-directory all
	@scripts/demo

demo-s3: ## the same over a real S3 server, which is built on first use: buckets, users and policies of each side
	@scripts/install-deps test
	@$(MAKE) --no-print-directory all
	@scripts/demo-s3

test: ## installs what is missing, builds, runs every check below
	@scripts/install-deps test
	@scripts/run-suites

soak: ## the checks of crashes and of a failing network with every seed, as long as that takes
	@scripts/install-deps test
	@PRIO_SOAK=1 scripts/run-suites crash faults

BENCH ?= default
bench: ## what kernels, records and whole runs cost, as ratios within one run, results checked; BENCH=quick|default|full
	@scripts/install-deps build
	@$(MAKE) --no-print-directory all
	@cmake --build --preset release --target prio_bench
	@bench/run.py build/bin $(BENCH)

bench-peers: ## the same records by the servers of a Rust crate, beside ours; needs cargo and the network
	@scripts/install-deps build
	@$(MAKE) --no-print-directory all
	@cmake --build --preset release --target prio_bench
	@bench/peers/run.py build/bin $(BENCH)

build: ## container images prio:prod and prio:dev, with docker or podman (as root on Debian it installs one)
	@scripts/build-image

generate-dotenv: ## keys, secrets and an environment file a role for deploy/compose/compose.yml, in deploy/compose/local
	@deploy/compose/generate-dotenv demo

test-container: ## builds the images and runs them: hardened, stopped, killed, composed of two servers and their buckets
	@scripts/test-container

MINUTES ?= 60
fuzz: ## every fuzz target, MINUTES=n (60) in all
	@scripts/install-deps test
	@scripts/install-deps fuzz
	@scripts/fuzz $(MINUTES)

check-%: FORCE
	@scripts/install-deps test
	@scripts/run-suites $*

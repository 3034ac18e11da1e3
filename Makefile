# SPDX-License-Identifier: Apache-2.0
# A short front to CMake: what to type, not how it is built (CMakeLists.txt).
PREFIX  ?= /usr/local
DESTDIR ?=
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60
KILLS   ?= 5000

.DEFAULT_GOAL := help
.PHONY: help deps build run test test-asan test-tsan test-deploy test-docker bench fuzz soak install uninstall deb format lint clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo "  Variables: PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) JOBS=$(JOBS) FUZZ_SECONDS=$(FUZZ_SECONDS) KILLS=$(KILLS)"

deps: ## install the packages that are missing (apt), or name them
	@scripts/install_packages.sh build test

build: ## build the programs into build/bin
	@scripts/install_packages.sh build
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) > /dev/null
	@cmake --build --preset release -j $(JOBS)

run: build ## show it all: load, edit, render and export a model
	@scripts/demo.sh

test: ## build with and without sanitizers and run every test
	@scripts/install_packages.sh build test
	@scripts/run_tests.sh

test-asan: ## only the tests under ASan and UBSan
	@scripts/run_tests.sh asan

test-tsan: ## only the threaded tests under TSan
	@scripts/run_tests.sh tsan

test-deploy: build ## deploy in a booted Debian container (root, minutes)
	@scripts/install_packages.sh deploy deb
	@scripts/test_deployment.sh || [ $$? -eq 77 ]
	@tests/deploy/package.sh --run || [ $$? -eq 77 ]
	@tests/deploy/docker.sh || [ $$? -eq 77 ]

test-docker: ## only the image: build it, run it, update a stack (root)
	@scripts/install_packages.sh deploy
	@tests/deploy/docker.sh || [ $$? -eq 77 ]

bench: build ## measure against a rival or a floor in the same run
	@bench/run.sh

fuzz: ## run each fuzz target for FUZZ_SECONDS
	@scripts/run_fuzz.sh $(FUZZ_SECONDS)

soak: ## kill the daemon KILLS times under load (hours), repeat its faults
	@JOBS=$(JOBS) scripts/run_soak.sh $(KILLS)

install: build ## install programs, man pages, completions, headers
	@DESTDIR=$(DESTDIR) cmake --install build --prefix $(PREFIX) --strip

uninstall: ## remove what install put there
	@scripts/uninstall.sh "$(DESTDIR)" build/install_manifest.txt

deb: ## make Debian packages in build/deb
	@scripts/install_packages.sh build deb
	@scripts/make_deb.sh

format: ## format all C files
	@git ls-files '*.c' '*.h' | xargs clang-format -i

lint: ## static analysis: cppcheck, shellcheck, formatting
	@scripts/lint.sh

clean: ## remove everything that was built
	@rm -rf build build-debug build-asan build-tsan build-fuzz out

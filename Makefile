# Targets for people and for continuous integration; `make help` lists them.

APT_PACKAGES = build-essential pkg-config libglib2.0-dev libev-dev libclang-dev clang memcached curl

# The stand-in for lighttpd2 that end-to-end tests run on; they run on the real
# server too where LIGHTTPD2_WORKER names one.
HOST = target/host/lighttpd2-worker

.PHONY: help run test check build install deps

help:
	@echo "make run      serve the sample configuration with a real memcached"
	@echo "make test     formatting, lints, documentation, all tests"
	@echo "make build    target/release/libmod_memcached.so"
	@echo "make install MODULE_DIR=/path/to/lighttpd2/modules"

run: deps build
	@scripts/run

# Everything: formatting, lints, documentation, all tests.
test: deps check
	cargo build --workspace
	cargo test --workspace

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

build: deps
	cargo build --release

# For people with lighttpd2: MODULE_DIR is its folder of modules.
install: build
	@test -n "$(MODULE_DIR)" || { echo "say where: make install MODULE_DIR=/path/to/lighttpd2/modules"; exit 1; }
	install -m 644 target/release/libmod_memcached.so $(MODULE_DIR)/

# Installs what is missing of Debian's packages; needs root or sudo for that.
# Debian starts the services that some of them bring, as it always does; the
# tests use none of these, but processes and ports of their own.
deps:
	@missing=$$(for p in $(APT_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing Debian packages:" $$missing; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi

# Targets for people and for continuous integration.

APT_PACKAGES = build-essential pkg-config libglib2.0-dev libev-dev libclang-dev clang memcached curl

.PHONY: test check deps

# Everything: formatting, lints, documentation, all tests.
test: deps check
	cargo build --workspace
	cargo test --workspace

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

# Installs what is missing of Debian's packages; needs root or sudo for that.
deps:
	@missing=$$(for p in $(APT_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing Debian packages:" $$missing; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing; \
	fi

.PHONY: build install
build: deps
	cargo build --release

# For people with lighttpd2: MODULE_DIR is its folder of modules.
install: build
	@test -n "$(MODULE_DIR)" || { echo "say where: make install MODULE_DIR=/path/to/lighttpd2/modules"; exit 1; }
	install -m 644 target/release/libmod_memcached.so $(MODULE_DIR)/

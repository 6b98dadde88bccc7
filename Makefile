# Targets for people and for continuous integration; `make help` lists them.

# Debian's packages. What builds the library, what `make run` needs beside that, what the stand-in
# for tests does, whose scripts run in Lua, and what tests need.
BUILD_PACKAGES = gcc libc6-dev pkg-config libglib2.0-dev libev-dev
RUN_PACKAGES = $(BUILD_PACKAGES) memcached curl
HOST_PACKAGES = $(RUN_PACKAGES) liblua5.1-0-dev
TEST_PACKAGES = $(HOST_PACKAGES) libclang-dev clang clang-format valgrind gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
  nginx-light libnginx-mod-http-srcache-filter libnginx-mod-http-memc python3 python3-pymemcache python3-pylibmc php-cli php-memcached nutcracker nodejs openssl prometheus

# The stand-in for lighttpd2 that end-to-end tests run on; they run on the real
# server too where LIGHTTPD2_WORKER names one.
HOST = target/host/lighttpd2-worker

# The same without Lua, which `make run` serves with if there is no lighttpd2.
HOST_WITHOUT_LUA = $(dir $(HOST))without-lua/lighttpd2-worker

# What packages of Debian are made with.
DEB_PACKAGES = binutils dpkg-dev liblzma-dev
# The newest one that Rust 1.85 compiles.
CARGO_DEB = 3.1.0

# What the benchmarks need beside that: with whom the plugin is compared, where they are
# installed, and what counts.
BENCH_PACKAGES = $(TEST_PACKAGES) varnish apache2 strace

.PHONY: help run test about check deny sanitize miri fuzz soak simulate fleet-figures beside expiry bench build install uninstall dist deb licenses declarations host panic-library small-library \
  build-deps run-deps host-deps test-deps bench-deps

help:
	@echo "make run      serve the sample configuration with a real memcached"
	@echo "make test     formatting, lints, documentation, all tests, sanitizers"
	@echo "make sanitize end-to-end tests with AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make deny     licences, duplicates and advisories of dependencies"
	@echo "make fuzz     each fuzz target for SECONDS=60; make test replays what it found"
	@echo "make bench    compare with plain responses, BASELINE_MODULE_DIR and other caches; BENCH=options"
	@echo "make soak     load for SECONDS=60 a part while memcached is killed, stopped and cut off; PART=fleet"
	@echo "make simulate a fleet in virtual time: SEED, HOURS, WORKERS, SERVERS, KEYS, RATE; or SEEDS=1000 small ones"
	@echo "make fleet-figures  docs/fleet-simulated.md anew"
	@echo "make expiry   a page that expires under load, whose backend goes down; EXPIRY=options"
	@echo "make beside   hits on four of five memcacheds while the fifth is down, hung or answers garbage"
	@echo "make build    target/release/libmod_memcached.so"
	@echo "make install  beside the C module of a lighttpd2 that is found, or in MODULE_DIR; DESTDIR, PREFIX"
	@echo "make uninstall"
	@echo "make dist     a tarball with all crates, which builds without a network"
	@echo "make deb      packages for Debian in target/debian"
	@echo "make licenses of the crates in the library, after a change of these"
	@echo "make declarations  of ffi/shim.h for Rust, after a change"
	@echo "make screenshot    docs/status.png, of a server under load for two minutes; needs chromium"

run: run-deps $(HOST_WITHOUT_LUA)
	scripts/release build --release --package mod_memcached --package slow-application
	@scripts/run

# Everything: formatting, lints, documentation, all tests.
test: test-deps about check host panic-library small-library
	cargo build --workspace
	env -u LIGHTTPD2_WORKER cargo test --workspace
	@if [ -n "$$LIGHTTPD2_WORKER" ]; then \
	  echo "once more on $$LIGHTTPD2_WORKER" && cargo test --test e2e --test exports; \
	fi
	scripts/sanitize

# What the tests run with: two releases of Debian are known, each with its memcached.
about:
	@sed -n 's/^PRETTY_NAME=//p' /etc/os-release; memcached -V; cargo --version

# A part of `make test`; see the script.
sanitize: test-deps
	scripts/sanitize

# The core has no unsafe code; what it depends on has. Only where rustup has a
# nightly toolchain with miri, and some minutes long, so no part of `make test`.
miri:
	MIRIFLAGS=-Zmiri-disable-isolation PROPTEST_CASES=2 PROPTEST_DISABLE_FAILURE_PERSISTENCE=1 \
	  cargo +nightly miri test -p memcached-core --lib --target-dir target/miri

# The library that panics where a test tells it to.
panic-library: build-deps
	cargo build --features deliberate-panic --target-dir target/panic

# The library without what can be left out.
small-library: build-deps
	cargo build --no-default-features --target-dir target/small

C_FILES = $(wildcard ffi/*.[ch] ffi/lua/*.[ch] include/lighttpd/*.h tests/*.c tests/host/*.[ch] tests/planted/src/*.c tests/e2e/pool/*.c)

check:
	clang-format --dry-run -Werror $(C_FILES)
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	scripts/check-msrv
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --no-default-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

deny:
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny --workspace check

# A stable compiler will do: the core has no unsafe code for a sanitizer to
# watch, and the one unstable flag, for coverage, is asked for by name.
FUZZ_TARGETS = reply meta server key stored lookup tls
SECONDS ?= 60

fuzz:
	@command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
	@for target in $(FUZZ_TARGETS); do \
	  mkdir -p fuzz/corpus/$$target && \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $$target \
	    fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=$(SECONDS) \
	    -max_len=4096 -timeout=10 -dict=fuzz/memcached.dict -print_final_stats=1 \
	  || exit 1; \
	done

# On the stand-in, or on the server that LIGHTTPD2_WORKER names. PART is plain or
# fresh, else both take SECONDS each, one after the other.
soak: build host
	MOD_MEMCACHED_SO=target/release/libmod_memcached.so \
	  cargo run --release -q -p testkit --example soak -- $(SECONDS) $(PART)

# How fast pages on four of five memcacheds are served while the fifth is faulty; BESIDE is
# the number of pairs of windows and the least ratio.
beside: build host
	MOD_MEMCACHED_SO=target/release/libmod_memcached.so \
	  cargo run --release -q -p testkit --example beside -- $(BESIDE)

# A whole fleet in one process: core/examples/simulate says what can be asked for.
# `make test` runs small ones of seeds that are always the same; SEEDS with another SEED tries others.
SEED ?= 0
HOURS ?= 0.1
WORKERS ?= 100
SERVERS ?= 10
KEYS ?= 100000
RATE ?= 5000
SIMULATE = cargo run --release -q -p memcached-core --example simulate --

simulate:
	@if [ -n "$(SEEDS)" ]; then $(SIMULATE) --first $(SEED) --seeds $(SEEDS) --shrink; else \
	  $(SIMULATE) --seed $(SEED) --hours $(HOURS) --workers $(WORKERS) --servers $(SERVERS) \
	    --keys $(KEYS) --rate $(RATE); fi

# What options are good for when something happens to a fleet.
fleet-figures:
	cargo run --release -q -p memcached-core --example fleet_figures -- docs

# How much later answers come when a page expires; tests/support/examples/expiry says
# what EXPIRY can be, such as "--pairs 12 --limit 1.2".
expiry: build host
	MOD_MEMCACHED_SO=target/release/libmod_memcached.so \
	  cargo run --release -q -p testkit --example expiry -- $(EXPIRY)

# LIGHTTPD2_WORKER names the server, BASELINE_MODULE_DIR the folder of another
# plugin of that name; BENCH="--help" shows what can be asked for.
bench: bench-deps build host
	cargo build --release -q -p testkit --example slices
	@python3 bench/run.py $(BENCH)

build: build-deps
	scripts/release build --release

host: host-deps $(HOST) $(HOST_WITHOUT_LUA)

HOST_CFLAGS = -std=gnu11 -D_GNU_SOURCE -O2 -g @ffi/warnings.args -Wno-cast-qual -Wno-sign-conversion -Werror -fno-strict-aliasing $(HOST_SANITIZE)
HOST_LIBRARIES = glib-2.0 gmodule-2.0 gthread-2.0
HOST_FILES = $(wildcard tests/host/*.c) ffi/abi_check.c
HOST_LUA_FILES = $(wildcard tests/host/lua_*.c) tests/host/actions_lua.c
HOST_HEADERS = $(wildcard tests/host/*.h include/lighttpd/*.h) ffi/abi.def ffi/warnings.args

$(HOST): LIBRARIES = $(HOST_LIBRARIES) lua5.1
$(HOST): $(filter-out tests/host/without_lua.c,$(HOST_FILES))
$(HOST_WITHOUT_LUA): LIBRARIES = $(HOST_LIBRARIES)
$(HOST_WITHOUT_LUA): $(filter-out $(HOST_LUA_FILES),$(HOST_FILES))

# Functions that modules use are exported, as the server's own libraries do it.
$(HOST) $(HOST_WITHOUT_LUA): $(HOST_HEADERS)
	@mkdir -p $(dir $@)
	$(CC) $(HOST_CFLAGS) -Iinclude $$(pkg-config --cflags $(LIBRARIES)) -o $@ \
	  $(filter %.c,$^) -rdynamic $$(pkg-config --libs $(LIBRARIES)) -lev

# For people with lighttpd2; see the script. Neither builds nor fetches anything.
install:
	@scripts/install

uninstall:
	@scripts/install --remove

# See the script.
dist:
	@scripts/dist

# See the script.
deb: build-deps
	@scripts/deps $(DEB_PACKAGES)
	@command -v cargo-deb >/dev/null || cargo install --locked cargo-deb --version $(CARGO_DEB)
	@scripts/deb

# After a change of what the plugin depends on; a test compares them.
licenses:
	@command -v cargo-about >/dev/null || cargo install --locked --features cli cargo-about
	cargo about generate --offline -c packaging/about.toml packaging/about.hbs -o packaging/licenses.txt

# After a change of ffi/shim.h; a test compares them.
declarations: test-deps
	WRITE_DECLARATIONS=1 cargo test -q --test declarations

# What the README shows of the status page.
.PHONY: screenshot
screenshot: host
	cargo build --workspace
	SCREENSHOT_SECONDS=120 cargo test --test e2e -- status::browser::a_picture

# These install what is missing of Debian's packages; see the script. Debian starts the
# services that some of them bring, as it always does; the tests use none of these, but
# processes and ports of their own.
build-deps:
	@scripts/deps $(BUILD_PACKAGES)
run-deps:
	@scripts/deps $(RUN_PACKAGES)
host-deps:
	@scripts/deps $(HOST_PACKAGES)
test-deps:
	@scripts/deps $(TEST_PACKAGES)
bench-deps:
	@scripts/deps $(BENCH_PACKAGES)

# The public conformance suite of HTTP caches, on the stand-in or on the server that
# LIGHTTPD2_WORKER names; docs/conformance.md says what it shows. CONFORMANCE="--help"
# lists what can be asked for. It is installed below target/ as an npm package.
.PHONY: conformance conformance-deps

conformance: build host conformance-deps
	@python3 tests/conformance/run.py $(CONFORMANCE)

# Debian's Node, unless there is another.
conformance-deps:
	@command -v node >/dev/null && command -v npm >/dev/null || \
	  scripts/deps nodejs npm

# Beside lighttpd2 from an overlay or from its source. The tarball is what `make dist` makes, with
# all crates; put it where Portage has its distfiles.

EAPI=8

RUST_MIN_VER="1.85.0"
inherit rust toolchain-funcs

DESCRIPTION="Keeps whole pages in memcached, for lighttpd2"
SRC_URI="mod_memcached-${PV}.tar.gz"
S="${WORKDIR}/mod_memcached-${PV}"

LICENSE="MIT"
# Of the crates in it, see packaging/licenses.txt.
LICENSE+=" Apache-2.0 BSD ISC MIT Unicode-3.0 ZLIB"
SLOT="0"
KEYWORDS="~amd64 ~arm64"
RESTRICT="fetch"

DEPEND="
	dev-libs/glib:2
	dev-libs/libev
"
BDEPEND="virtual/pkgconfig"

pkg_nofetch() {
	einfo "Run make dist in the source of mod_memcached, and put"
	einfo "target/${A} into your folder of distfiles."
}

src_compile() {
	tc-export CC
	scripts/release build --release --frozen || die
}

src_test() {
	scripts/release test --release --frozen --package memcached-core --lib || die
}

src_install() {
	local folder
	folder=$(scripts/install --folder) ||
		die "no lighttpd2-worker says where its modules are; set MODULE_DIR"
	exeinto "${folder}"
	# Portage strips it, and keeps the symbols where it is told to.
	newexe target/release/libmod_memcached.so mod_memcached.so
	# What every release of GLib looks for before the C module, libmod_memcached.so.
	dosym mod_memcached.so "${folder}/mod_memcached"
	dodoc README.md CHANGELOG.md lighttpd2-sample.conf packaging/licenses.txt docs/*.md
}

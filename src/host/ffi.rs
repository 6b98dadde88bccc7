//! Declarations made of `ffi/shim.h`, and byte strings on their way across.

#[allow(
    non_camel_case_types,
    non_upper_case_globals,
    dead_code,
    unnameable_types,
    unreachable_pub,
    missing_docs,
    clippy::pedantic
)]
mod shim {
    #[cfg(feature = "bindgen")]
    include!(concat!(env!("OUT_DIR"), "/shim.rs"));
    #[cfg(not(feature = "bindgen"))]
    include!("shim.rs");
}

pub(crate) use shim::*;

/// What C sees of some bytes.
pub(super) fn bytes_of(text: &[u8]) -> mmc_bytes {
    mmc_bytes {
        ptr: text.as_ptr(),
        len: text.len(),
    }
}

/// What Rust sees of some bytes of C's.
///
/// # Safety
/// `bytes` is what a function of the shim gave; its memory stays valid and
/// unchanged for `'a`.
pub(super) unsafe fn slice_of<'a>(bytes: mmc_bytes) -> &'a [u8] {
    if bytes.ptr.is_null() || bytes.len == 0 {
        return &[];
    }
    // SAFETY: `len` bytes at `ptr` are readable, since the shim hands out
    // nothing else, and stay so for `'a`, which the caller vouches for.
    unsafe { std::slice::from_raw_parts(bytes.ptr, bytes.len) }
}

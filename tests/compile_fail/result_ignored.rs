//! Nobody looks whether a body was taken.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]
    #![deny(unused_must_use)]

    use crate::host::*;
    use crate::support::*;

    fn body(vr: &mut VRequest<'_, Mine>, part: &BufferSlice) {
        vr.append_body(part); //~ unused return value
        vr.handle_direct(); //~ unused return value
        vr.add_filter_out(MyFilter); //~ unused return value
    }
}

fn main() {}

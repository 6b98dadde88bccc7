//! A header is removed while the headers are read.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    fn response(vr: &mut VRequest<'_, Mine>) {
        for (name, _) in vr.response_headers() {
            vr.remove_response_header(name); //~ E0502
        }
    }

    fn request(vr: &mut VRequest<'_, Mine>) {
        for (name, value) in vr.request_headers() {
            vr.add_response_header(name, value); //~ E0502
        }
    }

    fn kept(vr: &mut VRequest<'_, Mine>) {
        let all: Vec<_> = vr.response_headers().collect();
        let _ = vr.handle_direct(); //~ E0502
        println!("{all:?}");
    }
}

fn main() {}

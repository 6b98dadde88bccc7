//! A request of one plugin is asked for what another one keeps.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    fn request<'v>(vr: &'v VRequest<'_, Mine>) -> Option<&'v OtherRequest> {
        vr.state() //~ E0308
    }

    fn worker<'a>(vr: &VRequest<'a, Mine>) -> Option<&'a OtherWorker> {
        vr.worker() //~ E0308
    }

    fn set(vr: &mut VRequest<'_, Mine>) {
        vr.set_state(Box::new(OtherRequest("theirs".into()))); //~ E0308
    }

    fn by_name(vr: &VRequest<'_, Mine>) {
        vr.state::<Other>(); //~ E0107
    }
}

fn main() {}

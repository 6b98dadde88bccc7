//! What a request remembers is used after it was replaced.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    fn run(vr: &mut VRequest<'_, Mine>) {
        let state = vr.state();
        vr.set_state(Box::new(MyRequest("new".into()))); //~ E0502
        println!("{:?}", state.map(|state| &state.0));
    }
}

fn main() {}

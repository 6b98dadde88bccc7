//! A plugin registers another one's action, filter or scripts.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    fn actions() -> Vec<ActionEntry<Mine>> {
        vec![
            action_entry::<MyAction>(),
            action_entry::<OtherAction>(), //~ E0308
        ]
    }

    fn filter(vr: &mut VRequest<'_, Mine>) -> bool {
        vr.add_filter_out(OtherFilter) //~ E0271
    }

    fn scripts() {
        let _ = init::<Mine, OtherScripts>; //~ E0271
    }
}

fn main() {}

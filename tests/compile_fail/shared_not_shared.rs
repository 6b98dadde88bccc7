//! Workers share what only one thread may use.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    struct Third;

    impl Plugin for Third {
        const NAME: &'static std::ffi::CStr = c"third";
        type Shared = std::cell::Cell<u64>; //~ E0277
        type Worker = ();
        type Request = ();
        fn share(_: Server<'_>) -> Self::Shared {
            Default::default()
        }
        fn start_worker(_: &std::sync::Arc<Self::Shared>, _: Worker) {}
        fn stop_worker(_: &()) {}
        fn actions() -> Vec<ActionEntry<Self>> {
            Vec::new()
        }
    }
}

fn main() {}

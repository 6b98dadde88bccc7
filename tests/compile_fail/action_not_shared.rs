//! An action that only one thread may use: all workers run it at the same time.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    struct Action(std::cell::Cell<u64>);

    #[rustfmt::skip]
    impl ActionKind for Action { //~ E0277
        const NAME: &'static std::ffi::CStr = c"plugin.action";
        type Plugin = Mine;
        type Context = ();
        fn configure(_: Server<'_>, _: Option<ConfigValue<'_>>) -> Result<Self, String> {
            Ok(Self(Default::default()))
        }
        fn run(&self, _: &mut VRequest<'_, Mine>, _: &mut Option<Box<()>>) -> Flow {
            Flow::GoOn
        }
        fn panicked(&self, _: &mut VRequest<'_, Mine>) -> Flow {
            Flow::GoOn
        }
    }
}

fn main() {}

//! The server, or a value of the configuration, leaves its call.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    struct Action(Server<'static>, Option<ConfigValue<'static>>);

    impl Action {
        fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Self {
            Self(server, value) //~ lifetime
        }
    }

    fn name(value: ConfigValue<'_>) -> Option<&'static [u8]> {
        value.as_str() //~ lifetime
    }
}

fn main() {}

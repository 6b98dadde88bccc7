//! A buffer is emptied or filled while its bytes are looked at.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    fn filled(buffer: &mut Buffer) {
        let bytes = buffer.as_slice();
        buffer.extend(b"more"); //~ E0502
        println!("{bytes:?}");
    }

    fn emptied(buffer: &mut Buffer) {
        let bytes = buffer.as_slice();
        buffer.reuse(); //~ E0502
        println!("{bytes:?}");
    }

    fn dropped(buffer: Buffer) {
        let bytes = buffer.as_slice();
        drop(buffer); //~ E0505
        println!("{bytes:?}");
    }
}

fn main() {}

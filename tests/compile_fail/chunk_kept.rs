//! A chunk of a body is used after the next one was read, or after all was moved on.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    fn two(io: &mut FilterIo<'_>) -> Option<()> {
        let mut input = io.input();
        let first = input.read().ok()?;
        let second = input.read().ok()?; //~ E0499
        println!("{first:?} {second:?}");
        Some(())
    }

    fn moved(io: &mut FilterIo<'_>) -> Option<()> {
        let mut input = io.input();
        while let Some(chunk) = input.read().ok()? {
            io.forward_all(); //~ E0499
            println!("{chunk:?}");
        }
        Some(())
    }

    fn kept(io: &mut FilterIo<'_>) -> Option<&'static [u8]> {
        io.input().read().unwrap() //~ E0515
    }
}

fn main() {}

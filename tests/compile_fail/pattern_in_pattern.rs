//! What one pattern gave is used while another is evaluated: both would be in the
//! same string of the host.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    fn in_closures(one: &Pattern, two: &Pattern, vr: &VRequest<'_, Mine>) {
        let mut second = Vec::new();
        one.eval(vr, |_: &[u8]| two.eval(vr, &mut second)); //~ E0308
    }

    fn in_one_vec(one: &Pattern, two: &Pattern, vr: &VRequest<'_, Mine>) {
        let mut out = Vec::new();
        one.eval(vr, &mut out);
        let first = out.as_slice();
        two.eval(vr, &mut out); //~ E0502
        println!("{first:?}");
    }
}

fn main() {}

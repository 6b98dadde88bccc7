//! A request, or what is borrowed from it, leaves its call.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    fn by_closure(vr: &mut VRequest<'_, Mine>) -> Box<dyn FnMut()> {
        Box::new(move || vr.set_status(200)) //~ lifetime
    }

    fn by_thread(vr: &mut VRequest<'_, Mine>) {
        std::thread::scope(|scope| {
            scope.spawn(|| vr.set_status(200)); //~ E0277
        });
    }

    fn by_static(vr: &VRequest<'_, Mine>) -> &'static MyWorker {
        vr.worker().unwrap() //~ lifetime
    }

    fn method(vr: &VRequest<'_, Mine>) -> &'static [u8] {
        vr.method() //~ lifetime
    }

    thread_local! {
        static KEPT: std::cell::Cell<Option<VRequest<'static, Mine>>> = const { std::cell::Cell::new(None) };
    }

    fn by_thread_local(vr: VRequest<'_, Mine>) {
        KEPT.set(Some(vr)); //~ E0521
    }
}

fn main() {}

//! A script's call is kept beyond its command, or answered twice.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    struct Scripts(std::cell::RefCell<Vec<CallSlot<'static>>>);

    impl Scripts {
        fn submit(&self, slot: Option<CallSlot<'_>>) {
            self.0.borrow_mut().extend(slot); //~ E0521
        }
    }

    fn answered(call: PendingCall, answer: fn() -> Answer) -> [(PendingCall, Answer); 2] {
        [(call, answer()), (call, answer())] //~ E0382
    }

    fn taken(slot: CallSlot<'_>) -> [PendingCall; 2] {
        [slot.take(), slot.take()] //~ E0382
    }
}

fn main() {}

//! What belongs to a worker goes to another thread.
#![allow(dead_code, unused_imports)]

#[path = "../../src/host/mod.rs"]
mod host;
#[path = "support/mod.rs"]
mod support;

mod case {
    #![forbid(unsafe_code)]

    use crate::host::*;
    use crate::support::*;

    fn sent<T: Send>(_: T) {}

    fn all(
        worker: Worker,
        waker: Waker,
        buffer: Buffer,
        timer: Timer,
        watcher: IoWatcher,
        signal: AnswerSignal,
        call: PendingCall,
    ) {
        sent(worker); //~ E0277
        sent(waker); //~ E0277
        sent(buffer); //~ E0277
        sent(timer); //~ E0277
        sent(watcher); //~ E0277
        sent(signal); //~ E0277
        sent(call); //~ E0277
    }
}

fn main() {}

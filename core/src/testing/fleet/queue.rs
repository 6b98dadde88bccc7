//! What will happen, in the order of time.

use core::cmp::Reverse;
use std::collections::BinaryHeap;

use super::slab::Id;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// The next visitor comes.
    Arrives,
    /// Something comes at the server's end of a connection.
    Up(Id),
    /// Something comes at the worker's end of a connection.
    Down(Id),
    /// A connection is made, or refused.
    Connected(Id),
    /// A driver of a worker is to be called for its timer, in a life of that worker.
    DriverTimer { worker: u32, life: u32, server: u32 },
    /// The leases of a worker are.
    LeaseTimer { worker: u32, life: u32 },
    /// A visitor goes on.
    Polls(Id),
    /// A visitor leaves.
    Leaves(Id),
    /// A page is made.
    Made(Id),
    /// A page has taken too long.
    TooLong(Id),
    /// An operation of the plan, by its place in there.
    Operation(u32),
    /// A worker starts anew, for these servers.
    Restarts { worker: u32, servers: u32 },
    /// A server starts again, in a life of its own.
    Returns { server: u32, life: u32 },
    /// A crowd's next visitor comes, who asks for a key.
    Crowd { key: u32, left: u32, gap: u32 },
}

const PLACE_BITS: u32 = 24;

/// What will happen. Of what happens at the same time, what was planned first does first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The time; the serial number; the event's place.
    heap: BinaryHeap<Reverse<u128>>,
    events: Vec<Event>,
    free: Vec<u32>,
    serial: u64,
}

impl Queue {
    pub(super) fn push(&mut self, micros: u64, event: Event) {
        let place = if let Some(place) = self.free.pop() {
            self.events[place as usize] = event;
            place
        } else {
            self.events.push(event);
            self.events.len() as u32 - 1
        };
        debug_assert!(place < 1 << PLACE_BITS, "too much under way");
        self.serial += 1;
        let low = (self.serial << PLACE_BITS) | u64::from(place);
        self.heap
            .push(Reverse((u128::from(micros) << 64) | u128::from(low)));
    }

    /// When the next one is.
    pub(super) fn next_at(&self) -> Option<u64> {
        let Reverse(first) = self.heap.peek()?;
        Some((first >> 64) as u64)
    }

    pub(super) fn pop(&mut self) -> Option<(u64, Event)> {
        let Reverse(first) = self.heap.pop()?;
        let place = (first as u32) & ((1 << PLACE_BITS) - 1);
        self.free.push(place);
        Some(((first >> 64) as u64, self.events[place as usize]))
    }
}

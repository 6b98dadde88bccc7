//! The groups of askers, in slots that are used again.

use core::time::Duration;

use crate::protocol::Key;
use crate::server::RequestId;

/// A list of seats that grew longer than this is not kept for the next group.
const SEATS_KEPT: usize = 64;

/// Names a group. Slots are used again, generations are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupId {
    slot: u32,
    generation: u32,
}

/// Names an asker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskerId {
    pub(super) group: GroupId,
    seat: u32,
}

#[derive(Debug)]
enum Seat<A> {
    /// Waits for the answer.
    Waiting(A),
    /// Knows that the answer is there.
    Told,
    /// Has taken the answer, or has left.
    Empty,
}

#[derive(Debug)]
pub(super) struct Group<A, O> {
    generation: u32,
    open: bool,
    pub hash: u64,
    pub key: Key,
    pub timeout: Duration,
    /// Whether it stands in the table of those that can be joined.
    pub listed: bool,
    pub request: Option<RequestId>,
    pub answer: Option<O>,
    seats: Vec<Seat<A>>,
    taken_seats: usize,
}

impl<A, O> Group<A, O> {
    /// Makes every asker that waits one that knows.
    pub fn tell(&mut self, mut tell: impl FnMut(A)) {
        for seat in &mut self.seats {
            if matches!(seat, Seat::Waiting(_))
                && let Seat::Waiting(asker) = std::mem::replace(seat, Seat::Told)
            {
                tell(asker);
            }
        }
    }

    pub fn is_waiting(&self, asker: AskerId) -> bool {
        let seat = self.seats.get(asker.seat as usize);
        matches!(seat, Some(Seat::Waiting(_)))
    }

    /// Whether the asker had a seat, and whether it was the last one.
    pub fn empty_seat(&mut self, asker: AskerId) -> Option<bool> {
        let seat = self.seats.get_mut(asker.seat as usize)?;
        if matches!(seat, Seat::Empty) {
            return None;
        }
        *seat = Seat::Empty;
        self.taken_seats -= 1;
        Some(self.taken_seats == 0)
    }
}

#[derive(Debug)]
pub(super) struct Groups<A, O> {
    slots: Vec<Group<A, O>>,
    free: Vec<u32>,
}

impl<A, O> Default for Groups<A, O> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<A, O> Groups<A, O> {
    pub fn open(&mut self, hash: u64, key: &Key, timeout: Duration) -> GroupId {
        if let Some(slot) = self.free.pop() {
            let group = &mut self.slots[slot as usize];
            group.open = true;
            group.hash = hash;
            group.key.clone_from(key);
            group.timeout = timeout;
            let generation = group.generation;
            return GroupId { slot, generation };
        }
        let slot = u32::try_from(self.slots.len()).expect("fewer groups than memory has bytes");
        self.slots.push(Group {
            generation: 0,
            open: true,
            hash,
            key: key.clone(),
            timeout,
            listed: false,
            request: None,
            answer: None,
            seats: Vec::new(),
            taken_seats: 0,
        });
        GroupId {
            slot,
            generation: 0,
        }
    }

    /// The slot of a group that the table lists, so it is open.
    pub fn listed(&self, id: GroupId) -> &Group<A, O> {
        &self.slots[id.slot as usize]
    }

    pub fn get_mut(&mut self, id: GroupId) -> Option<&mut Group<A, O>> {
        let group = self.slots.get_mut(id.slot as usize)?;
        (group.open && group.generation == id.generation).then_some(group)
    }

    pub fn seat(&mut self, id: GroupId, asker: A) -> AskerId {
        let group = &mut self.slots[id.slot as usize];
        let seat = u32::try_from(group.seats.len()).expect("fewer askers than memory has bytes");
        group.seats.push(Seat::Waiting(asker));
        group.taken_seats += 1;
        AskerId { group: id, seat }
    }

    /// Frees the slot; the answer is given back.
    pub fn close(&mut self, id: GroupId) -> Option<O> {
        let group = self.get_mut(id)?;
        group.open = false;
        group.generation = group.generation.wrapping_add(1);
        group.request = None;
        group.seats.clear();
        group.seats.shrink_to(SEATS_KEPT);
        group.taken_seats = 0;
        let answer = group.answer.take();
        self.free.push(id.slot);
        answer
    }

    /// Everybody who waits.
    pub fn into_waiting(self) -> impl Iterator<Item = A> {
        let seats = self.slots.into_iter().flat_map(|group| group.seats);
        seats.filter_map(|seat| match seat {
            Seat::Waiting(asker) => Some(asker),
            Seat::Told | Seat::Empty => None,
        })
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.free.len() == self.slots.len()
    }
}

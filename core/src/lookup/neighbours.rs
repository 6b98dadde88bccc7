//! Servers that are one, for who changes an item.

use core::cell::RefCell;
use std::rc::Rc;

use super::coalesce::ServerId;

/// Servers at one place that are spoken to under different terms: with TLS or without, with
/// other certificates, as another user. Who changes an item at one of them changes it at all;
/// what one has said is given to nobody who asks another, for that might have said otherwise.
/// Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Neighbours(Rc<RefCell<Vec<Vec<ServerId>>>>);

impl Neighbours {
    /// A server was met for the first time, at the place of another.
    pub fn add(&self, new: ServerId, other: ServerId) {
        let mut places = self.0.borrow_mut();
        match places.iter_mut().find(|place| place.contains(&other)) {
            Some(place) => place.push(new),
            None => places.push(vec![other, new]),
        }
    }

    /// A server, and all others at its place.
    pub(crate) fn each(&self, server: ServerId, mut show: impl FnMut(ServerId)) {
        show(server);
        let places = self.0.borrow();
        let place = places.iter().find(|place| place.contains(&server));
        let others = place.into_iter().flatten();
        others
            .filter(|other| **other != server)
            .for_each(|other| show(*other));
    }
}

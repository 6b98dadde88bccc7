//! One request on its way to its answer.

use core::marker::PhantomData;

/// One request on its way to its answer; see [`Leases::poll`](super::Leases::poll)
/// and [`Leases::leave`](super::Leases::leave).
#[derive(Debug)]
#[must_use = "it is polled, or left"]
pub struct Visit<W, P> {
    marker: PhantomData<(W, P)>,
}

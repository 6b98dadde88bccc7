//! Errors without a body.

use crate::host::{BodyFilter, FilterIo, Flow};
use crate::plugin::memcached::{Memcached, Request};

/// Holds the end of a body back until the head of the response has gone out.
///
/// The host puts a page of its own in the place of an error whose body has ended
/// without a byte when the head is written, which is after the first call.
#[derive(Default)]
pub(super) struct HoldEnd {
    has_waited: bool,
}

impl BodyFilter for HoldEnd {
    type Plugin = Memcached;

    fn handle(&mut self, _: Option<&mut Request<'_>>, io: &mut FilterIo<'_>) -> Flow {
        let is_over = io.input_gone() || io.input_closed();
        if is_over && !io.output_closed() && !std::mem::replace(&mut self.has_waited, true) {
            // The host calls once more, since its end has not been passed on.
            io.forward_all();
            return Flow::GoOn;
        }
        io.pass_through()
    }
}

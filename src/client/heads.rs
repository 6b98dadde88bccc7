//! Heads of whole responses. A page that answers many requests of one pass, or that one request
//! looks at several times, has its head read once.

use std::cell::RefCell;
use std::rc::Rc;

use memcached_core::protocol::Value;
use memcached_core::stored::{Head, Malformed};

use super::Client;
use crate::host::BufferSlice;

/// The page whose head was read last. It is forgotten at the end of the pass, because it keeps
/// the buffer that the page was read into from being used again.
#[derive(Default)]
pub(super) struct Heads(RefCell<Option<(Value<BufferSlice>, Rc<Head<'static>>)>>);

impl Heads {
    pub(super) fn forget(&self) {
        self.0.take();
    }
}

impl Client {
    /// The head of a page.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn head_of(
        &self,
        value: &Value<BufferSlice>,
    ) -> Result<Rc<Head<'static>>, Malformed> {
        let mut last = self.0.heads.0.borrow_mut();
        if let Some((_, head)) = last.as_ref().filter(|(known, _)| is_same(known, value)) {
            return Ok(Rc::clone(head));
        }
        let head = Rc::new(Head::parse(value.pieces.iter(), value.flags)?.into_owned());
        *last = Some((value.clone(), Rc::clone(&head)));
        self.0.publish_later();
        Ok(head)
    }
}

/// Whether both are the same bytes at the same place, which nobody writes to while they are kept.
fn is_same(one: &Value<BufferSlice>, other: &Value<BufferSlice>) -> bool {
    let (mut own, mut others) = (one.pieces.iter(), other.pieces.iter());
    let all_same = own.all(|piece| others.next().is_some_and(|other| piece.is_same(other)));
    one.flags == other.flags && one.len == other.len && all_same && others.next().is_none()
}

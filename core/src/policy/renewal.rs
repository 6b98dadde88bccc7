//! What a 304 makes of a stored response.

use super::exchange::Exchange;
use super::identity::KeyCodings;
use super::not_stored::NotStored;
use super::options::Policy;
use super::storable::Storable;
use crate::stored::{HeadWriter, NewItem, Renewal};

impl Policy {
    /// Whether the response that a 304 leaves may be stored; and its item, to which
    /// the old body of `body_len` bytes is to be added. `key_codings` are those of
    /// [`Exchange::key_codings`]; `longest` is the most that it may live, in seconds.
    ///
    /// # Errors
    /// The 304 belongs to another response, or the first rule that forbids storing
    /// it with the headers that it has now.
    pub fn renew(
        &self,
        renewal: &Renewal<'_>,
        body_len: u64,
        key_codings: Option<KeyCodings<'_>>,
        longest: Option<u32>,
        unix_now_secs: u64,
    ) -> Result<(Storable, NewItem), NotStored> {
        if !renewal.is_of_this() {
            return Err(NotStored::OtherResponse);
        }
        let mut exchange = Exchange::new(b"GET", renewal.status().into());
        exchange.key_codings = key_codings;
        let mut head = HeadWriter::default();
        for (name, value) in renewal.headers() {
            exchange.observe_response(name, value);
            head.push(name, value);
        }
        exchange.observe_response(b"Content-Length", body_len.to_string().as_bytes());
        let response = self.decide(&exchange, unix_now_secs)?;
        let response = longest.map_or(response, |secs| response.at_most(secs));
        let item = self.new_item(&head, &exchange, &response, unix_now_secs)?;
        Ok((response, item))
    }
}

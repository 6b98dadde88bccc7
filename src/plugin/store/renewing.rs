//! A backend says that a page is still right: it is stored again, with the headers
//! that the answer brings (RFC 9111, section 4.3.4).

use memcached_core::lookup::lease;
use memcached_core::policy::NotStored;
use memcached_core::protocol::{Value, exptime};
use memcached_core::stored::{Head, Renewal, pieces};

use super::key::StoreKey;
use super::outcome::HandedOver;
use super::shared::end_of;
use super::storing::Storing;
use crate::client::{Client, random_bits, unix_now};
use crate::host::BufferSlice;
use crate::plugin::keys::{Keyed, Keys};
use crate::plugin::memcached::Request;

impl Storing {
    /// The item that a 304 makes of the page that it was asked about; nothing where
    /// the response is another one.
    pub(super) fn renewed(
        &self,
        vr: &Request<'_>,
        key: &StoreKey,
    ) -> Option<Result<lease::NewItem, NotStored>> {
        let page = key
            .page
            .as_ref()
            .filter(|_| vr.status() == 304 && key.run.is_some())?;
        let keyed = key.key.as_ref().ok()?;
        let stands_in = self.0.stands_in(vr, key);
        Some(self.renew(vr, page, &key.keys, keyed, stands_in))
    }

    fn renew(
        &self,
        vr: &Request<'_>,
        page: &Value<BufferSlice>,
        keys: &Keys,
        key: &Keyed,
        stands_in: bool,
    ) -> Result<lease::NewItem, NotStored> {
        let policy = &self.0.policy;
        let now = unix_now();
        let head = Head::parse(page.pieces.iter(), page.flags)
            .map_err(|malformed| NotStored::Unreadable(malformed.to_string().into()))?;
        let mut renewal = Renewal::new(&head);
        for (name, value) in vr.response_headers() {
            renewal.push(name, value);
        }
        let start = head.size() as u64;
        let codings = keys.codings(key);
        let (body_len, longest) = (page.len - start, self.0.longest(stands_in));
        let (mut response, mut item) = policy.renew(&renewal, body_len, codings, longest, now)?;
        response.lifetime = response
            .lifetime
            .shortened(policy.ttl_jitter, random_bits());
        let life = response.life(now).ok_or(NotStored::Expired)?;
        for (piece, part) in pieces(page.pieces.iter(), start..page.len) {
            item.push_body(piece.slice(part).as_ref());
        }
        if let Some(until) = life.fresh_until(now) {
            item.set_fresh_until(until);
        }
        Ok(lease::NewItem {
            flags: self.0.keys.options().flags(item.body_len() == 0),
            exptime: exptime(life.of_item(), now),
            data: item.finish(),
        })
    }

    /// Stores what a 304 has made, if it has made something.
    pub(super) fn end_with(
        &self,
        vr: &mut Request<'_>,
        key: &StoreKey,
        renewed: Result<lease::NewItem, NotStored>,
    ) {
        let (Some(run), Ok(keyed)) = (&key.run, &key.key) else {
            return;
        };
        match renewed {
            Ok(item) => {
                let pool = self.0.keys.pool();
                let stand_in = |client: &Client| client.stand_in(pool, &keyed.key, Some(run));
                let given = HandedOver {
                    key: &keyed.key,
                    key_differs: key.differs,
                    stand_in: vr.worker().and_then(stand_in),
                };
                let result = run.store(item);
                self.0.handed_over(vr, given, result);
            }
            Err(reason) => {
                run.end(end_of(&reason));
                self.0.not_stored(vr, Some(&keyed.key), &reason);
            }
        }
    }
}

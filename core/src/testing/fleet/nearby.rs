//! What was found lately, as the action of the web server uses it.

use core::time::Duration;
use std::rc::Rc;

use super::page::Piece;
use super::slab::Id;
use super::world::World;
use crate::lookup::near::{self, Reading};
use crate::lookup::{Place, ServerId};
use crate::protocol::Value;
use crate::stored::Head;

impl World {
    fn near_place(&mut self, client: Id) -> Option<(u32, Place)> {
        if self.plan.settings.options.near_ms == 0 {
            return None;
        }
        let it = self.clients.get(client)?;
        let (worker, key) = (it.worker, it.key.clone()?);
        let (home, _) = self.places(worker, &key);
        let server = ServerId(home);
        Some((worker, Place { server, key }))
    }

    /// Keeps what was found, if it is fresh.
    pub(super) fn keep_near(&mut self, client: Id, page: &Value<Piece>, reading: Option<Reading>) {
        let (Some((worker, place)), Some(reading)) = (self.near_place(client), reading) else {
            return;
        };
        let Ok(head) = Head::parse(page.pieces.iter(), page.flags) else {
            return;
        };
        let early = self.plan.settings.options.early;
        let fresh_for = self
            .policy
            .fresh_for(Some(&head), page, self.unix(worker), early);
        if fresh_for == Some(Duration::ZERO) {
            return;
        }
        let now = self.time();
        let lookups = &mut self.workers[worker as usize].lookups;
        lookups.keep_near(now, &reading, place, fresh_for, page.len, || {
            near::Page::new(page.clone(), Some(head.clone().into_owned()))
        });
    }

    /// Memcached has said that there is nothing.
    pub(super) fn forget_near(&mut self, client: Id) {
        if let Some((worker, place)) = self.near_place(client) {
            self.workers[worker as usize].lookups.near().remove(&place);
        }
    }

    /// What was found lately, for one who could not ask memcached, and whether it is out of date.
    pub(super) fn near_on_error(&mut self, client: Id) -> Option<(Rc<near::Page<Piece>>, bool)> {
        let (worker, place) = self.near_place(client)?;
        let options = &self.plan.settings.options;
        let most = Duration::from_millis(options.near_ms + options.near_error_ms);
        let now = self.time();
        let near = self.workers[worker as usize].lookups.near();
        let page = near.find_old(now, &place, most)?;
        let unix = self.unix(worker).as_secs();
        let is_stale = self.policy.is_stale_on_error(page.head()?, unix)?;
        Some((page, is_stale))
    }
}

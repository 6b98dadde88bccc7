//! The filter that copies a body which passes, and stores it when it ends.

use memcached_core::connection::Timing;
use memcached_core::protocol::{Key, Ttl, exptime};
use memcached_core::response::Reason;
use memcached_core::response::stored::Entry;

use super::{VARIABLE, not_stored};
use crate::host::{BodyFilter, FilterIo, Flow, SockAddr, Unreadable, VRequest};
use crate::plugin::options::Environment;
use crate::plugin::{Memcached, tell, unix_now};

/// Copies a body that passes and stores it when it ends.
pub(super) struct StoreFilter {
    pub key: Key,
    pub ttl: Ttl,
    /// What the response announces of its body. Some backends end a body by
    /// closing, whether they are done with it or not.
    pub length: Option<u64>,
    /// When the response stops being fresh, in seconds since 1970.
    pub fresh_until: Option<u64>,
    /// What the response had when it was looked at.
    pub status: i32,
    pub flags: u32,
    /// Of the body, in bytes.
    pub maxsize: u64,
    pub server: SockAddr,
    pub timing: Timing,
    pub environment: Environment,
    /// The item with what has passed; `None` once it is decided that nothing
    /// is stored, or when it has been.
    pub entry: Option<Entry>,
}

impl BodyFilter for StoreFilter {
    type Plugin = Memcached;

    fn handle(
        &mut self,
        mut vr: Option<&mut VRequest<'_, Memcached>>,
        io: &mut FilterIo<'_>,
    ) -> Flow {
        if io.output_closed() && !(io.input_closed() && io.input_len() == 0) {
            // The client is gone.
            self.give_up(vr, &Reason::Cut);
            io.discard_all();
            return Flow::GoOn;
        }
        if io.input_gone() {
            self.give_up(vr, &Reason::Cut);
            io.close_output();
            return Flow::GoOn;
        }
        self.copy(vr.as_deref_mut(), io);
        io.forward_all();
        if io.input_closed() {
            if let Some(vr) = vr {
                self.store(vr);
            }
            io.close_output();
        }
        Flow::GoOn
    }
}

impl StoreFilter {
    fn copy(&mut self, vr: Option<&mut VRequest<'_, Memcached>>, io: &mut FilterIo<'_>) {
        let Some(entry) = &mut self.entry else {
            return;
        };
        let room = self.maxsize - entry.body_len();
        if io.input_len() > room {
            self.give_up(vr, &Reason::TooLarge);
            return;
        }
        let mut input = io.input();
        loop {
            match input.read() {
                Ok(Some(bytes)) => entry.push_body(bytes),
                Ok(None) => return,
                Err(Unreadable) => break,
            }
        }
        self.give_up(vr, &Reason::Unreadable("a file".into()));
    }

    fn give_up(&mut self, vr: Option<&mut VRequest<'_, Memcached>>, reason: &Reason) {
        if self.entry.take().is_some()
            && let Some(vr) = vr
        {
            not_stored(vr, self.environment, reason);
        }
    }

    fn store(&mut self, vr: &mut VRequest<'_, Memcached>) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        if vr.status() != self.status {
            not_stored(vr, self.environment, &Reason::Status(vr.status()));
            return;
        }
        if self.length.is_some_and(|length| length != entry.body_len()) {
            not_stored(vr, self.environment, &Reason::Cut);
            return;
        }
        let Some(client) = vr.worker() else {
            return;
        };
        let now = unix_now();
        let ttl = match self.fresh_until {
            None => Some(self.ttl),
            Some(until) => self.ttl.ending_by(until, now),
        };
        let Some(ttl) = ttl else {
            not_stored(vr, self.environment, &Reason::Expired);
            return;
        };
        let exptime = exptime(ttl, now);
        let server = client.server(&self.server);
        let value = entry.finish();
        match server.store(self.key.clone(), self.flags, exptime, value, self.timing) {
            Ok(()) => {
                let line = format_args!("memcached.store: sent to memcached");
                tell(vr, self.environment, VARIABLE, format_args!("sent"), line);
            }
            Err(failure) => not_stored(vr, self.environment, &failure),
        }
    }
}

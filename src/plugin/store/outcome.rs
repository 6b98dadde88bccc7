//! How it is published what became of a response.

use std::ffi::CStr;
use std::fmt::Display;

use memcached_core::policy::NotStored;
use memcached_core::protocol::Key;

use super::shared::Shared;
use crate::plugin::memcached::Request;
use crate::plugin::publish::Publisher;

/// The action's name.
pub(super) const NAME: &CStr = c"memcached.store";

pub(super) const PUBLISHER: Publisher = Publisher {
    action: NAME,
    variable: "MEMCACHED_STORE",
};

impl Shared {
    /// The response may be stored, and its body is being copied.
    pub(super) fn storing(&self, vr: &mut Request<'_>, key: &Key) {
        let environment = self.options.common.environment;
        PUBLISHER.set(
            vr,
            environment,
            self.item(Some(key)),
            format_args!("storing"),
        );
    }

    /// The item was handed over to the client of memcached.
    pub(super) fn queued(&self, vr: &mut Request<'_>, key: &Key) {
        let environment = self.options.common.environment;
        let line = "queued for memcached";
        PUBLISHER.publish_change(vr, environment, self.item(Some(key)), "queued", &line);
    }

    /// The rules, or the way that the response took, keep it from being stored.
    pub(super) fn not_stored(&self, vr: &mut Request<'_>, key: Option<&Key>, reason: &NotStored) {
        self.refused(vr, key, reason);
        self.warn_of(vr, key, reason);
    }

    /// It is not stored.
    pub(super) fn refused(&self, vr: &mut Request<'_>, key: Option<&Key>, why: &dyn Display) {
        let environment = self.options.common.environment;
        let (text, line) = (format_args!("no: {why}"), format_args!("not stored: {why}"));
        PUBLISHER.publish(vr, environment, self.item(key), text, &line);
    }

    /// What the request has made out of date is gone.
    pub(super) fn invalidated(&self, vr: &mut Request<'_>) {
        let environment = self.options.common.environment;
        let text = format_args!("invalidated");
        PUBLISHER.publish(vr, environment, self.item(None), text, &"invalidated");
    }

    /// What the request has made out of date may still be there.
    pub(super) fn not_invalidated(&self, vr: &mut Request<'_>, why: &dyn Display) {
        let environment = self.options.common.environment;
        let line = format_args!("not invalidated: {why}");
        let text = format_args!("no: {why}");
        PUBLISHER.publish(vr, environment, self.item(None), text, &line);
    }
}

//! How it is published what became of a response.

use std::ffi::CStr;
use std::fmt::Display;

use crate::plugin::memcached::Request;
use crate::plugin::options::Common;
use crate::plugin::publish::Publisher;

/// The action's name.
pub(super) const NAME: &CStr = c"memcached.store";

pub(super) const PUBLISHER: Publisher = Publisher {
    action: NAME,
    variable: "MEMCACHED_STORE",
};

/// The response may be stored, and its body is being copied.
pub(super) fn storing(vr: &mut Request<'_>, options: &Common) {
    PUBLISHER.set(vr, options.environment, format_args!("storing"));
}

/// The item was handed over to the client of memcached.
pub(super) fn sent(vr: &mut Request<'_>, options: &Common) {
    let line = "sent to memcached";
    PUBLISHER.publish_change(vr, options.environment, "sent", &line);
}

/// What the request has made out of date is gone.
pub(super) fn invalidated(vr: &mut Request<'_>, options: &Common) {
    let text = format_args!("invalidated");
    PUBLISHER.publish(vr, options.environment, text, &"invalidated");
}

/// What the request has made out of date may still be there.
pub(super) fn not_invalidated(vr: &mut Request<'_>, options: &Common, why: &dyn Display) {
    let line = format_args!("not invalidated: {why}");
    PUBLISHER.publish(vr, options.environment, format_args!("no: {why}"), &line);
}

/// The response is not stored.
pub(super) fn not_stored(vr: &mut Request<'_>, options: &Common, why: &dyn Display) {
    PUBLISHER.publish(
        vr,
        options.environment,
        format_args!("no: {why}"),
        &format_args!("not stored: {why}"),
    );
}

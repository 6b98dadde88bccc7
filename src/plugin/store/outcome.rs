//! How it is published what became of a response.

use std::borrow::Cow;
use std::fmt::Display;

use memcached_core::metrics::ActionCount;
use memcached_core::policy::NotStored;
use memcached_core::protocol::Key;

use super::shared::{OTHER_KEY, Shared};
use crate::client::NotHandedOver;
use crate::plugin::memcached::Request;
use crate::plugin::publish::Item;

impl Shared {
    /// The response may be stored, and its body is being copied.
    pub(super) fn storing(&self, vr: &mut Request<'_>, key: &Key, key_differs: bool) {
        let environment = self.keys.options().common.environment;
        let text = with_key("storing", key_differs);
        self.publisher
            .set(vr, environment, self.item(Some(key)), &text);
    }

    /// The item was handed over to the client of memcached.
    pub(super) fn queued(&self, vr: &mut Request<'_>, given: HandedOver<'_>) {
        self.count(vr, ActionCount::QUEUED);
        let environment = self.keys.options().common.environment;
        let (text, line) = (
            with_key("queued", given.key_differs),
            "queued for memcached",
        );
        let item = Item {
            stand_in: given.stand_in,
            ..self.item(Some(given.key))
        };
        self.publisher
            .publish_change(vr, environment, item, &text, &line);
    }

    /// What a run has made was handed over, or was not.
    pub(super) fn handed_over(
        &self,
        vr: &mut Request<'_>,
        given: HandedOver<'_>,
        result: Result<(), NotHandedOver>,
    ) {
        let key = given.key;
        match result {
            Ok(()) => self.queued(vr, given),
            Err(NotHandedOver::Failed(failure)) => {
                self.count(vr, ActionCount::NOT_TAKEN);
                self.refused(vr, Some(key), &failure);
            }
            Err(NotHandedOver::Lost) => {
                self.count(vr, ActionCount::not_stored(&NotStored::NotTheOne));
                self.refused(vr, Some(key), &NotStored::NotTheOne);
            }
            Err(NotHandedOver::Ended) => {
                self.count(vr, ActionCount::not_stored(&NotStored::NotTheOne));
                if let Some(client) = vr.worker() {
                    client.store_counts().not_stored();
                }
                self.refused(vr, Some(key), &NotStored::NotTheOne);
            }
        }
    }

    /// Counts something among the action's figures.
    pub(super) fn count(&self, vr: &Request<'_>, what: ActionCount) {
        if let Some(client) = vr.worker() {
            client.note(self.keys.id(), what);
        }
    }

    /// The rules, or the way that the response took, keep it from being stored.
    pub(super) fn not_stored(&self, vr: &mut Request<'_>, key: Option<&Key>, reason: &NotStored) {
        self.refused(vr, key, reason);
        self.warn_of(vr, key, reason);
    }

    /// It is not stored.
    pub(super) fn refused(&self, vr: &mut Request<'_>, key: Option<&Key>, why: &dyn Display) {
        let environment = self.keys.options().common.environment;
        let item = self.item(key);
        let (text, line) = (format!("no: {why}"), format!("not stored: {why}"));
        self.publisher.publish(vr, environment, item, &text, &line);
    }

    /// What the request has made out of date is gone.
    pub(super) fn invalidated(&self, vr: &mut Request<'_>) {
        let environment = self.keys.options().common.environment;
        let text = "invalidated";
        self.publisher
            .publish(vr, environment, self.item(None), text, &text);
    }

    /// What the request has made out of date may still be there.
    pub(super) fn not_invalidated(&self, vr: &mut Request<'_>, why: &dyn Display) {
        let environment = self.keys.options().common.environment;
        let (text, line) = (format!("no: {why}"), format!("not invalidated: {why}"));
        self.publisher
            .publish(vr, environment, self.item(None), &text, &line);
    }
}

/// An item that is handed over to the client of memcached.
#[derive(Clone, Copy)]
pub(super) struct HandedOver<'a> {
    pub(super) key: &'a Key,
    /// It is not the one that was looked up.
    pub(super) key_differs: bool,
    /// The position of the server that gets it, if that stands in for that of the key.
    pub(super) stand_in: Option<usize>,
}

/// What is said of a store, and of its key if the lookup will not find it.
fn with_key(text: &'static str, differs: bool) -> Cow<'static, str> {
    if differs {
        format!("{text}: {OTHER_KEY}").into()
    } else {
        text.into()
    }
}

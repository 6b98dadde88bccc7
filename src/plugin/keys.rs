//! The keys of one action: which item a request has to do with.

use std::ffi::CStr;
use std::sync::Arc;

use memcached_core::namespace::Name;
use memcached_core::policy::identity::{
    CodingSet, Collapse, KeyCodings, KeyRules, Parts, Request as Asked, Sharing,
};
use memcached_core::policy::invalidation::{KeyTemplate, Origin};
use memcached_core::policy::{Bypass, check_pattern_text};
use memcached_core::pool::Pool;
use memcached_core::protocol::{Key, excerpt};

use super::agreed::Agreed;
use super::counting::{Made, Unfinished, keyed};
use super::memcached::Request;
use super::options::Options;
use super::seldom::Once;
use crate::client::{ActionId, Address, Counted, name_action};
use crate::host::{Level, Plugin, Server, Target, VRequest};

/// More names than this in `vary` make more items than anybody needs.
pub(super) const VARY_MAX: usize = 8;

/// Makes the keys of one action.
pub(super) struct Keys {
    /// The action's name.
    action: &'static CStr,
    options: Options,
    rules: KeyRules,
    /// The pattern for what is known by its address alone.
    template: Option<KeyTemplate>,
    pool: Arc<Pool<Address>>,
    id: ActionId,
    agreed: Agreed,
    told_of_port: Once,
    told_of_query: Once,
    collapse: Collapse,
    told_of_path: Once,
}

/// The key of a request.
#[derive(Clone)]
pub(super) struct Keyed {
    pub(super) key: Key,
    /// The codings that it names, if `vary` has `accept-encoding`.
    pub(super) accepted: Option<CodingSet>,
}

impl Keys {
    /// The keys of an action of this name, with these options.
    ///
    /// # Errors
    /// Its servers are no pool.
    pub(super) fn new(
        server: Server<'_>,
        action: &'static CStr,
        options: Options,
        sharing: Sharing,
    ) -> Result<Self, String> {
        let identity = &options.identity;
        let names = identity.vary.len();
        if names > VARY_MAX {
            let action = action.to_string_lossy();
            let line = format!(
                "{action}: option \"vary\" has {names} names: \
                 a page may have very many items, and hardly any hits"
            );
            server.log(Level::Warning, &line);
        }
        let pattern = identity.key.traits();
        let unusual = options.common.unusual_method();
        // What only deletes stores nothing that could be shared.
        let unusual = unusual.filter(|_| !pattern.method && action != c"memcached.delete");
        if let Some(method) = unusual {
            let line = format!(
                "{}: option \"methods\" has {}, but \"key\" has no %{{req.method}}: \
                 its responses and those to GET share items",
                action.to_string_lossy(),
                excerpt(method)
            );
            server.log(Level::Warning, &line);
        }
        let rules = KeyRules {
            pattern,
            sharing,
            ports: identity.ports.clone(),
            guard: identity.guard,
            vary: identity.vary.clone(),
            encodings: identity.encodings.clone(),
        };
        let template = options.identity.key.template();
        let pool = options.pool().map_err(|error| error.to_string())?;
        let name = match &options.common.name {
            Some(name) => name.to_string(),
            None => options.identity.key.name(),
        };
        let id = name_action(action, name, Arc::clone(&pool));
        Ok(Self {
            action,
            options,
            rules,
            template,
            pool,
            id,
            agreed: Agreed::default(),
            told_of_port: Once::default(),
            told_of_query: Once::default(),
            collapse: Collapse::default(),
            told_of_path: Once::default(),
        })
    }

    /// The action's name.
    pub(super) fn action(&self) -> &'static CStr {
        self.action
    }

    /// Names the action where its figures are counted.
    pub(super) fn id(&self) -> ActionId {
        self.id
    }

    /// The action's options.
    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    /// Whether keys depend on a header of the request.
    pub(super) fn depend_on(&self, name: &[u8]) -> bool {
        let identity = &self.options.identity;
        identity.vary.contains(name) || identity.key.names(name)
    }

    /// Which requests share an item.
    pub(super) fn rules(&self) -> &KeyRules {
        &self.rules
    }

    /// Where the items are.
    pub(super) fn pool(&self) -> &Arc<Pool<Address>> {
        &self.pool
    }

    /// Whether both stand for the same items as far as the configuration says, so
    /// that a store uses the key that a lookup made, whatever has changed path
    /// and captures in between.
    pub(super) fn agree_with(&self, other: &Self) -> bool {
        let (own, others) = (&self.options.identity.key, &other.options.identity.key);
        let ask = || {
            own.is_same(others)
                && self.options.common.headers == other.options.common.headers
                && self.rules.sharing == other.rules.sharing
                && self.rules.vary == other.rules.vary
                && self.rules.encodings == other.rules.encodings
                && self.rules.ports == other.rules.ports
                && self.rules.guard == other.rules.guard
                && self.namespace() == other.namespace()
                && self.pool.has_items_of(&other.pool)
        };
        std::ptr::eq(self, other) || self.agreed.with(other.id, ask)
    }

    /// The codings that a key of these names, if it does: a backend must be asked for
    /// exactly these.
    pub(super) fn codings(&self, key: &Keyed) -> Option<KeyCodings<'_>> {
        key.accepted.map(|set| KeyCodings {
            encodings: &self.rules.encodings,
            set,
        })
    }

    /// Whether cookies of the requests that have a key make no difference, so that
    /// a backend must not see them.
    pub(super) fn takes_cookies_off(&self) -> bool {
        self.options.identity.bypass_cookies.names_all_that_pass()
    }

    /// Whether responses may say things to this cache alone, so that a backend must be
    /// told of it, and of no other cache whose name a visitor made up.
    pub(super) fn is_surrogate(&self) -> bool {
        self.options.common.targeted
    }

    /// The namespace that its items are in.
    pub(super) fn namespace(&self) -> Option<&Name> {
        self.options.identity.namespace.as_ref()
    }

    /// The key of a request whose client sent these headers.
    ///
    /// # Errors
    /// It has nothing to do with the cache.
    pub(super) fn of<'h>(
        &self,
        vr: &Request<'_>,
        headers: &(impl Iterator<Item = (&'h [u8], &'h [u8])> + Clone),
    ) -> Result<Made, Bypass> {
        self.check_bypass(vr)?;
        vr.with_scratch(|text| {
            let accepted = self.append_text(vr, headers, text)?;
            let Some(name) = self.namespace() else {
                let key = self.near_key(vr, text);
                let key = key.unwrap_or_else(|| Key::hashing(text));
                return Ok(Made::Key(Keyed { key, accepted }));
            };
            let client = vr.worker().ok_or(Bypass::Namespace)?;
            let timeout = self.options.common.timeout;
            match client.count(&self.pool, name, timeout, || vr.waker()) {
                Counted::Ready(count) => keyed(count, text, accepted).map(Made::Key),
                Counted::Pending(count) => Ok(Made::Counting(Box::new(Unfinished {
                    text: text.clone(),
                    accepted,
                    count,
                }))),
            }
        })
    }

    /// The key with this text, if its item is near.
    fn near_key(&self, vr: &Request<'_>, text: &[u8]) -> Option<Key> {
        if !self.options.near.is_on() {
            return None;
        }
        vr.worker()?.near_key(&self.pool, text)
    }

    /// The key of a request that asks for nothing, to be shown. That of a namespace
    /// would have to be asked for.
    pub(super) fn shown<'h>(
        &self,
        vr: &Request<'_>,
        headers: &(impl Iterator<Item = (&'h [u8], &'h [u8])> + Clone),
    ) -> Option<Key> {
        if self.namespace().is_some() || self.check_bypass(vr).is_err() {
            return None;
        }
        let mut text = Vec::new();
        self.append_text(vr, headers, &mut text).ok()?;
        Some(Key::hashing(&text))
    }

    /// Appends the text of a key; gives the codings that it names.
    fn append_text<'h>(
        &self,
        vr: &Request<'_>,
        headers: &(impl Iterator<Item = (&'h [u8], &'h [u8])> + Clone),
        text: &mut Vec<u8>,
    ) -> Result<Option<CodingSet>, Bypass> {
        let target = vr.target();
        self.options.identity.key.eval(vr, &target, text);
        let asked = self.asked(vr, &target);
        let parts = self.rules.append_parts(&asked, headers, text)?;
        self.warn(vr, &parts, &asked, text);
        Ok(parts.accepted)
    }

    fn asked<'v, P: Plugin>(&self, vr: &'v VRequest<'_, P>, target: &Target<'v>) -> Asked<'v> {
        let host = || values(vr, b"Host").next();
        Asked {
            raw: target.raw,
            target: target.original,
            sent_on: target.current,
            path: target.path,
            host: self.rules.needs_host().then(host).flatten(),
            is_secure: target.is_secure,
            listener_port: target.listener_port,
        }
    }

    /// The texts of all keys that a GET for the target of a request has, whatever codings
    /// it accepts, without the count of a namespace.
    ///
    /// # Errors
    /// It has none.
    pub(super) fn of_target<P: Plugin>(
        &self,
        vr: &VRequest<'_, P>,
    ) -> Result<Vec<Vec<u8>>, Bypass> {
        self.of_target_by(&self.rules, vr)
    }

    /// Likewise by other rules.
    ///
    /// # Errors
    /// It has none.
    pub(super) fn of_target_by<P: Plugin>(
        &self,
        rules: &KeyRules,
        vr: &VRequest<'_, P>,
    ) -> Result<Vec<Vec<u8>>, Bypass> {
        let mut text = Vec::new();
        let target = vr.target();
        self.options.identity.key.eval(vr, &target, &mut text);
        let asked = self.asked(vr, &target);
        // One in absolute form means the same as a GET that names the path alone.
        let raw = asked.target;
        rules.keys_of_get(&Asked { raw, ..asked }, &vr.request_headers(), text)
    }

    /// The texts of all keys of what a reference in the response names, if that has the same
    /// origin as the request but is something else, and its keys can be told. It is
    /// added to `seen`.
    pub(super) fn of_reference<P: Plugin>(
        &self,
        vr: &VRequest<'_, P>,
        reference: &[u8],
        seen: &mut Vec<Vec<u8>>,
    ) -> Option<Vec<Vec<u8>>> {
        let template = self.template.as_ref()?;
        let request = vr.target();
        let origin = Origin {
            is_secure: request.is_secure,
            host: values(vr, b"Host").next().unwrap_or_default(),
        };
        let target = origin.resolve(request.original, reference)?;
        if target == request.original || seen.contains(&target) {
            return None;
        }
        let evaluated = template.eval(&origin, &target)?;
        let asked = Asked {
            raw: &target,
            target: &target,
            sent_on: &target,
            path: &evaluated.path,
            ..self.asked(vr, &request)
        };
        let headers = vr.request_headers();
        let texts = self.rules.keys_of_get(&asked, &headers, evaluated.text);
        seen.push(target);
        texts.ok()
    }

    /// Whether these options let the request have to do with the cache.
    ///
    /// # Errors
    /// What keeps it out.
    pub(super) fn check_bypass<P: Plugin>(&self, vr: &VRequest<'_, P>) -> Result<(), Bypass> {
        let identity = &self.options.identity;
        identity.bypass_cookies.check(values(vr, b"Cookie"))?;
        if let Some(pattern) = &identity.bypass {
            vr.with_scratch(|text| {
                pattern.eval(vr, text);
                check_pattern_text(text)
            })?;
        }
        Ok(())
    }

    /// Says once what the configuration may lack.
    fn warn<P: Plugin>(&self, vr: &VRequest<'_, P>, parts: &Parts, asked: &Asked<'_>, key: &[u8]) {
        let action = || self.action.to_string_lossy();
        if parts.has_foreign_port && self.told_of_port.is_first() {
            let host = asked.host.unwrap_or_default();
            let names = match self.rules.sharing {
                Sharing::Usual => "is neither the listener's nor the scheme's",
                Sharing::Strict => "\"ports\" does not list",
            };
            let line = format!(
                "{}: a request for {} names a port that {names}: it has items of its own. \
                 If visitors come by that port, list it in \"ports\"",
                action(),
                excerpt(host)
            );
            vr.log(Level::Warning, &line);
        }
        if parts.leaves_query_out && self.told_of_query.is_first() {
            let line = format!(
                "{}: the key has no query, but a request has one and was rewritten before: \
                 pages that differ by the query share an item. Put %{{req.query}} \
                 or %{{req.raw_path}} into \"key\"",
                action()
            );
            vr.log(Level::Warning, &line);
        }
        let is_collapsed = || self.collapse.notices(key, asked) && self.told_of_path.is_first();
        if parts.has_changed_path && is_collapsed() {
            let line = format!(
                "{}: different paths, of which {} is one, were changed into the same before, by \
                 rewrite, index or pathinfo: their pages share an item. Put the lookup \
                 before that; where only index or pathinfo do it, %{{req.raw_path}} into \
                 \"key\" will do",
                action(),
                excerpt(asked.target)
            );
            vr.log(Level::Warning, &line);
        }
    }
}

/// The values of a header of the request, by its name in any case.
fn values<'v, P: Plugin>(
    vr: &'v VRequest<'_, P>,
    name: &'static [u8],
) -> impl Iterator<Item = &'v [u8]> {
    vr.request_headers()
        .filter(|(own, _)| own.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

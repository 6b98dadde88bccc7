//! What may be stored, for how long, and what a stored response answers.

mod body_only;
mod conditions;
mod freshness;
mod lifetime;
mod options;
mod random;
mod renewal;
mod stale;
mod storable;
mod targeted;
mod validators;

use memcached_core::policy::identity::VaryBy;
use memcached_core::policy::{Exchange, Ignore, Lifetimes, NotStored, Policy, Rule};
use memcached_core::protocol::Ttl;

/// 2026-11-24 12:00:00 GMT, a Tuesday.
const NOW: u64 = 1_795_521_600;
const NOW_TEXT: &str = "Tue, 24 Nov 2026 12:00:00 GMT";
const IN_A_MINUTE: &str = "Tue, 24 Nov 2026 12:01:00 GMT";

/// An exchange with these headers, those of the request with `>` in front.
fn exchange(lines: &str) -> Exchange<'static> {
    exchange_of(b"GET", 200, lines)
}

fn exchange_of(method: &'static [u8], status: i32, lines: &str) -> Exchange<'static> {
    let mut exchange = Exchange::new(method, status);
    for line in lines.split('\n').filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        match name.strip_prefix('>') {
            Some(name) => exchange.observe_request(name.as_bytes()),
            None => exchange.observe_response(name.as_bytes(), value.as_bytes()),
        }
    }
    exchange
}

/// The defaults with `"ttl" => 600`.
fn policy() -> Policy {
    Policy {
        lifetimes: Lifetimes::of_all(Ttl::Secs(600)),
        ..Policy::default()
    }
}

/// Likewise, with `headers` and these names in `vary`.
fn whole(vary: &[&str]) -> Policy {
    let mut by = VaryBy::default();
    for name in vary {
        assert!(by.add(name.as_bytes()));
    }
    Policy {
        headers: true,
        vary: by,
        ..policy()
    }
}

fn forced(policy: Policy) -> Policy {
    Policy {
        force: true,
        ..policy
    }
}

fn ignoring(policy: Policy, rules: &[Rule]) -> Policy {
    let mut ignore = Ignore::default();
    for &rule in rules {
        assert!(ignore.add(rule));
    }
    Policy { ignore, ..policy }
}

/// The time to live of a response with these headers.
fn decide(policy: &Policy, lines: &str) -> Result<Ttl, NotStored> {
    decided(policy, &exchange(lines))
}

fn decided(policy: &Policy, exchange: &Exchange<'_>) -> Result<Ttl, NotStored> {
    let storable = policy.decide(exchange, NOW)?;
    Ok(storable.lifetime.ttl(NOW).expect("it is fresh"))
}

fn directive(field: &'static str, directive: &'static str) -> NotStored {
    NotStored::Directive { field, directive }
}

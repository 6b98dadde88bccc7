//! The table of options. It holds rows alone: `tests/option_docs` reads this
//! file too, and compares it with the tables of the documentation.
//!
//! A row has the name in the configuration, the field of the group's struct, the
//! form, the default as the configuration would give it, and the actions that
//! use it. `headers` at its end: values other than the default need
//! `"headers" => true`; `headers if PREDICATE`: values for which this is true.

options! {
    /// What all actions use.
    common: Common {
        "server" => servers, servers::servers, "127.0.0.1:11211", [lookup, store, delete];
        "pool" => named, servers::pool, none, [lookup, store, delete];
        "hash" => hash, servers::hash, "ketama", [lookup, store, delete];
        "failover" => failover, servers::failover, none, [lookup, store, delete];
        "methods" => methods, list::methods, ["GET", "HEAD"], [lookup, store, delete];
        "timeout_ms" => timeout, value::milliseconds, 500, [lookup, store, delete];
        "connect_timeout_ms" => connect_timeout, value::milliseconds, 250, [lookup, store, delete];
        "retry_ms" => retry, value::milliseconds, 1000, [lookup, store, delete];
        "user" => user, secret::user, none, [lookup, store, delete];
        "password_file" => password, secret::password_file, none, [lookup, store, delete];
        "max_value" => max_value, value::value_size, 16777216, [lookup, store];
        "headers" => headers, value::boolean, false, [lookup, store, delete];
        "name" => name, value::label, none, [lookup, store, delete];
        "environment" => environment, value::environment, true, [lookup, store, delete];
        "cache_status" => cache_status, value::cache_name, none, [lookup, store];
        "targeted" => targeted, value::boolean, false, [lookup, store];
        "ignore" => ignore, list::rules, [], [lookup, store];
    }
    /// How memcached is spoken to in TLS.
    tls: Tls {
        "tls" => on, tls::on, false, [lookup, store, delete];
        "tls_ca" => authorities, tls::file, none, [lookup, store, delete];
        "tls_name" => name, tls::name, none, [lookup, store, delete];
        "tls_cert" => certificate, tls::file, none, [lookup, store, delete];
        "tls_key" => key, tls::key, none, [lookup, store, delete];
    }
    /// Which requests share an item, and which have to do with none.
    identity: Identity {
        "key" => key, value::key_pattern, "%{req.path}", [lookup, store, delete];
        "vary" => vary, list::vary, [], [lookup, store, delete], headers;
        "encodings" => encodings, list::encodings, ["zstd", "br", "gzip"], [lookup, store, delete];
        "ports" => ports, list::ports, [], [lookup, store, delete];
        "guard" => guard, value::boolean, false, [lookup, store, delete];
        "bypass_cookies" => bypass_cookies, list::cookies, [], [lookup, store];
        "bypass" => bypass, value::optional_pattern, "", [lookup, store];
        "namespace" => namespace, value::namespace, none, [lookup, store, delete];
    }
    /// What is stored, and for how long.
    store: Store {
        "ttl" => ttl, list::lifetimes, 30, [store], headers if list::differ_by_status;
        "maxsize" => maxsize, value::at_least("a number of bytes", 1), 65536, [store];
        "flags" => flags, value::number("a number", 0..=u32::MAX), 0, [store];
        "force" => force, value::boolean, false, [store];
        "status" => statuses, list::statuses, [200], [store], headers;
        "max_ttl" => max_ttl, value::longest_ttl, none, [store];
        "require_lifetime" => require_lifetime, value::boolean, false, [store];
        "failover_ttl" => failover_ttl, value::seconds(1), 10, [store];
        "known_length" => known_length, value::boolean, false, [store];
        "store_without" => without, list::response_headers, [], [store];
        "etag" => etag, value::boolean, false, [store], headers;
        "invalidate" => invalidate, value::invalidate, false, [store], headers if value::is_soft;
    }
    /// How items are purged.
    purge: Purge {
        "soft" => mode, value::soft, 0, [delete], headers;
    }
    /// How pages stay fresh.
    freshness: Freshness {
        "lock" => lock, value::lock, 0, [lookup, store], headers;
        "lock_wait_ms" => lock_wait, value::milliseconds, 500, [lookup], headers;
        "stale_while_revalidate" => stale_while_revalidate, value::seconds(0), 0, [lookup, store], headers;
        "stale_if_error" => stale_if_error, value::seconds(0), 0, [lookup, store], headers;
        "ttl_jitter" => ttl_jitter, value::number("a number of percent", 0..=90), 0, [store], headers;
        "uncacheable_ttl" => uncacheable_ttl, value::seconds(1), 120, [store], headers;
        "early" => early, value::seconds(0), 0, [lookup], headers;
        "background" => background, value::boolean, true, [lookup], headers;
        "refresh_timeout_ms" => refresh_timeout, value::milliseconds, 30000, [lookup], headers;
        "refresh_max" => refresh_max, value::number("a number", 1..=10000), 16, [lookup], headers;
        "whole_on_miss" => whole_on_miss, value::boolean, false, [lookup], headers;
        "protocol" => protocol, value::protocol, "auto", [lookup, store];
    }
    /// What is kept near.
    near: Near {
        "near_ms" => most, value::milliseconds_or_none, 0, [lookup];
        "near_error_ms" => on_error, value::milliseconds_or_none, 10000, [lookup];
    }
}

// What `memcached.cache`, which uses what lookup and store use, has other defaults
// for.
cache_defaults! {
    "headers" => true;
    "targeted" => true;
    "key" => none;
    "vary" => ["accept-encoding"];
    "guard" => true;
    "bypass_cookies" => "all";
    "ttl" => ["404" => 10, "410" => 10, default => 30];
    "status" => [200, 203, 301, 308, 404, 410];
    "max_ttl" => 86400;
    "invalidate" => true;
    "lock" => 10;
    "lock_wait_ms" => 5000;
    "stale_while_revalidate" => 60;
    "stale_if_error" => 3600;
    "ttl_jitter" => 10;
    "whole_on_miss" => true;
}

// What `memcached.delete` has other defaults for: those for the items of
// `memcached.cache`.
delete_defaults! {
    "methods" => ["PURGE", "DELETE"];
    "headers" => true;
    "key" => none;
    "guard" => true;
}

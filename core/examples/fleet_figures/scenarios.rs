//! What happens to a fleet, and which options it has.

use memcached_core::testing::fleet::{Operation, Options, Plan, Settings, Surroundings};

/// When it happens, in seconds.
pub(crate) const AT: usize = 60;
/// How long all is watched.
pub(crate) const SECS: usize = 180;

/// Something that happens.
pub(crate) struct Scenario {
    /// The name of its file.
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    pub(crate) what: &'static str,
    ttl: u32,
    namespace: bool,
    happens: fn(&Settings) -> Vec<Operation>,
}

pub(crate) const SCENARIOS: [Scenario; 6] = [
    Scenario {
        file: "one-dies",
        title: "One of five memcacheds dies",
        what: "Its process ends after 60 s, and another one begins, empty, after 120 s.",
        ttl: 600,
        namespace: false,
        happens: |_| {
            vec![Operation::Kill {
                server: 2,
                ms: 60_000,
            }]
        },
    },
    Scenario {
        file: "all-restart",
        title: "All memcacheds restart",
        what: "All five processes end after 60 s, and empty ones begin a second later.\n\n\
            `lock` alone makes this worse: what is made while memcached cannot be asked is not\n\
            stored, since nobody knows for which item it is, and who has waited for `lock_wait_ms` in\n\
            vain makes a page for himself, so that a backend that is behind falls behind further.\n\
            Let visitors wait for longer where a backend may be that far behind: with\n\
            `lock_wait_ms => 10000` 99 % wait for 10 s at most in the worst 5 s instead of 40 s.",
        ttl: 600,
        namespace: false,
        happens: |settings| {
            let servers = 0..settings.servers;
            servers
                .map(|server| Operation::Kill { server, ms: 1000 })
                .collect()
        },
    },
    Scenario {
        file: "one-added",
        title: "A server is added",
        what: "After 60 s the workers are restarted within 20 s, with a sixth server.",
        ttl: 600,
        namespace: false,
        happens: |settings| {
            vec![Operation::Reconfigure {
                servers: settings.servers + 1,
                ms: 20_000,
            }]
        },
    },
    Scenario {
        file: "all-expires",
        title: "Everything expires at once",
        what: "All pages were stored at the same time, for 60 s.",
        ttl: 60,
        namespace: false,
        happens: |_| Vec::new(),
    },
    Scenario {
        file: "deploy",
        title: "A deploy bumps the namespace",
        what: "After 60 s all items are given up. The pages were stored as visitors came.",
        ttl: 600,
        namespace: true,
        happens: |_| vec![Operation::Bump { worker: 0 }],
    },
    Scenario {
        file: "backend-fails",
        title: "The backend fails for a minute",
        what: "Pages live for 20 s; from 60 s on the backend answers with 503, until 120 s.",
        ttl: 20,
        namespace: false,
        happens: |_| vec![Operation::BackendFails { ms: 60_000 }],
    },
];

/// Options, and what they are called.
pub(crate) fn choices() -> [(&'static str, Options); 5] {
    let plain = Options::default();
    let lock = Options {
        lock: 10,
        ..plain.clone()
    };
    let stale = Options {
        stale_while_revalidate: 60,
        stale_if_error: 3600,
        ..lock.clone()
    };
    let near = Options {
        near_ms: 1000,
        ..stale.clone()
    };
    let failover = Options {
        failover: true,
        ..near.clone()
    };
    [
        ("none", plain),
        ("lock", lock),
        ("+ stale", stale),
        ("+ near", near),
        ("+ failover", failover),
    ]
}

/// The fleet of all scenarios: what it is asked for is five times what its backend can make.
pub(crate) fn plan(scenario: &Scenario, options: &Options) -> Plan {
    let settings = Settings {
        workers: 20,
        servers: 5,
        keys: 10_000,
        skew: 0.9,
        rate: 2000.0,
        secs: SECS as u64,
        options: Options {
            ttl: scenario.ttl,
            namespace: scenario.namespace,
            ..options.clone()
        },
        around: Surroundings {
            backend_ms: 100,
            backend_slots: 40,
            ..Surroundings::default()
        },
    };
    let mut operations: Vec<_> = (scenario.happens)(&settings)
        .into_iter()
        .map(|operation| (AT as u64 * 1_000_000, operation))
        .collect();
    if !scenario.namespace {
        operations.insert(0, (0, Operation::Warm));
    }
    Plan {
        seed: 1,
        settings,
        operations,
        arrivals: None,
    }
}

//! Figures in all forms, with names that would break each of them.

use core::time::Duration;

use memcached_core::metrics::{
    ActionCount, History, Page, Sample, ServerState, Snapshot, WorkerRow,
};
use memcached_core::policy::NotStored;
use memcached_core::server::Failure;

const HOSTILE: &str = "a\"b\\c\nd<script>alert('&')</script>\u{1f600}";

fn snapshot() -> Snapshot {
    let mut all = Snapshot {
        started_at: 1_000_000,
        now: 1_000_600,
        workers: vec![
            WorkerRow {
                lookups: 3,
                joined: 1,
                ..WorkerRow::default()
            },
            WorkerRow::default(),
        ],
        ..Snapshot::default()
    };
    let server = all.server("127.0.0.1:11211");
    server.stats.requests = 7;
    server.stats.replies = 4;
    server.stats.failed[Failure::TimedOut] = 2;
    server.stats.hits = 5;
    server.stats.stored = 1;
    server.stats.opened = 3;
    server.stats.closed = 1;
    for micros in [50, 200, 2_000_000] {
        server.stats.latency.record(Duration::from_micros(micros));
    }
    let bad = all.server(HOSTILE);
    bad.add_state(
        ServerState::Down,
        Some(1_000_500),
        Some((1_000_550, HOSTILE.into())),
    );
    let counted = [
        ActionCount::HIT,
        ActionCount::not_stored(&NotStored::SetCookie),
        ActionCount::METHOD,
    ];
    all.add_action("memcached.cache", HOSTILE, |at| {
        u64::from(counted.iter().any(|count| count.index() == at))
    });
    all
}

#[test]
fn json_is_whole_and_says_what_was_counted() {
    let text = snapshot().to_json();
    assert_eq!(text.lines().count(), 1);
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let server = &json["servers"][0];
    for (pointer, expected) in [
        ("/address", serde_json::json!("127.0.0.1:11211")),
        ("/state", "up".into()),
        ("/since", serde_json::Value::Null),
        ("/connections", 2.into()),
        ("/waiting", 1.into()),
        ("/failed/timed-out", 2.into()),
        ("/failed/down", 0.into()),
        ("/keys/hit", 5.into()),
        ("/stores/stored", 1.into()),
        ("/latency/count", 3.into()),
        ("/latency/sum_us", 2_000_250.into()),
        ("/latency/buckets/0/count", 1.into()),
        ("/latency/buckets/12/within_us", serde_json::Value::Null),
        ("/latency/buckets/12/count", 1.into()),
    ] {
        assert_eq!(server.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(json["servers"][1]["address"], HOSTILE);
    assert_eq!(json["servers"][1]["state"], "down");
    assert_eq!(json["servers"][1]["last_error"]["text"], HOSTILE);
    let action = &json["actions"][0];
    assert_eq!(action["name"], HOSTILE);
    assert_eq!(action["lookups"]["hit"], 1);
    assert_eq!(action["bypasses"], serde_json::json!({"method": 1}));
    assert_eq!(action["not_stored"], serde_json::json!({"set-cookie": 1}));
    assert_eq!(json["workers"][0]["joined"], 1);
}

#[test]
fn text_has_each_family_once_and_no_line_of_others() {
    for is_open_metrics in [false, true] {
        let text = snapshot().to_text(is_open_metrics);
        let mut families = Vec::new();
        for line in text.lines() {
            if let Some(family) = line.strip_prefix("# TYPE ") {
                let name = family.split(' ').next().expect("a name");
                assert!(!families.contains(&name), "{name} twice");
                families.push(name);
            } else if !line.starts_with('#') {
                let family = families.last().expect("a family");
                let base = family.strip_suffix("_total").unwrap_or(family);
                assert!(line.starts_with(base), "{line} in {family}");
            }
        }
        let hostile = "a\\\"b\\\\c\\nd<script>alert('&')</script>\u{1f600}";
        for expected in [
            "lighttpd_memcached_workers 2".to_owned(),
            "lighttpd_memcached_server_up{server=\"127.0.0.1:11211\"} 1".into(),
            format!("lighttpd_memcached_server_up{{server=\"{hostile}\"}} 0"),
            "lighttpd_memcached_server_keys_total{server=\"127.0.0.1:11211\",result=\"hit\"} 5"
                .into(),
            "lighttpd_memcached_server_failed_requests_total\
             {server=\"127.0.0.1:11211\",reason=\"timed-out\"} 2"
                .into(),
            "lighttpd_memcached_server_latency_seconds_bucket\
             {server=\"127.0.0.1:11211\",le=\"0.0001\"} 1"
                .into(),
            "lighttpd_memcached_server_latency_seconds_bucket\
             {server=\"127.0.0.1:11211\",le=\"1\"} 2"
                .into(),
            "lighttpd_memcached_server_latency_seconds_bucket\
             {server=\"127.0.0.1:11211\",le=\"+Inf\"} 3"
                .into(),
            "lighttpd_memcached_server_latency_seconds_sum{server=\"127.0.0.1:11211\"} 2.00025"
                .into(),
            format!(
                "lighttpd_memcached_lookups_total{{action=\"memcached.cache\",name=\"{hostile}\",result=\"hit\"}} 1"
            ),
            "lighttpd_memcached_worker_lookups_total{worker=\"0\"} 3".into(),
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected}\n{text}"
            );
        }
        assert_eq!(text.ends_with("# EOF\n"), is_open_metrics);
    }
}

#[test]
fn a_page_shows_names_as_they_are() {
    let snapshot = snapshot();
    let mut history = History::default();
    history.push(Sample::default());
    history.push(Sample::of(&snapshot));
    let page = Page {
        snapshot: &snapshot,
        history: &history,
    };
    let html = page.to_html();
    assert!(!html.contains("<script"), "{html}");
    assert!(
        html.contains("d&lt;script&gt;alert('&amp;')&lt;/script&gt;"),
        "{html}"
    );
    for expected in [
        "2 workers, up for 10 min",
        "In that time 1 lookup, hit rate <b>100.0 %</b>",
        "the last 5 s in which",
        "set-cookie 1",
        "down for 100 s",
        "50 s ago",
        "prefers-color-scheme:dark",
        "name=\"viewport\"",
    ] {
        assert!(html.contains(expected), "{expected}\n{html}");
    }
    assert_eq!(html.matches("<svg").count(), 3);
    // Nothing is fetched from elsewhere.
    for forbidden in ["http://", "https://", "src=", "url(", "@import", "<link"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

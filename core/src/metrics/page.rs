//! The page for people. It needs nothing from elsewhere and runs no script.

use maud::{DOCTYPE, Markup, html};

use super::action::ActionCount;
use super::history::{History, INTERVAL};
use super::plot::{plot, short};
use super::snapshot::{ActionRow, ServerRow, ServerState, Snapshot};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--good:#197a3d;--bad:#b3261e;--plot:#1a66b8}\
@media(prefers-color-scheme:dark){:root{--good:#6cd391;--bad:#ff8a80;--plot:#7ab8ff}}\
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem}\
h1{font-size:1.3rem}h2{font-size:1.1rem;margin-top:2rem}\
.plots{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr))}\
figure{margin:0;border:1px solid var(--line);border-radius:.4rem;padding:.6rem}\
svg{display:block;width:100%;height:5rem}\
path{fill:none;stroke:var(--plot);stroke-width:1.5;vector-effect:non-scaling-stroke}\
.base{stroke:var(--line)}small{opacity:.7}\
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}\
th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid var(--line);white-space:nowrap}\
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:9rem}\
.good{color:var(--good)}.bad{color:var(--bad)}.text{overflow-wrap:anywhere}";

/// What the page is made of.
pub struct Page<'a> {
    /// The figures.
    pub snapshot: &'a Snapshot,
    /// Those of the last minutes.
    pub history: &'a History,
}

impl Page<'_> {
    /// The page.
    #[must_use]
    pub fn to_html(&self) -> String {
        let Self { snapshot, history } = self;
        let (lookups, answered) = snapshot.lookups();
        let up = snapshot.now.saturating_sub(snapshot.started_at);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    meta http-equiv="refresh" content="10";
                    title { "memcached: status" }
                    style { (maud::PreEscaped(STYLE)) }
                }
                body {
                    h1 { "mod_memcached" }
                    p {
                        (counted(snapshot.workers.len() as u64, "worker")) ", up for " (duration(up)) ". "
                        "In that time " (counted(lookups, "lookup"))
                        @if let Some(rate) = percent(answered, lookups) {
                            ", hit rate " b { (rate) }
                        }
                        ". As " a href="?format=json" { "JSON" } ", "
                        a href="?format=prometheus" { "for Prometheus" } "."
                    }
                    (plots(history))
                    h2 { "Actions" }
                    (actions(&snapshot.actions))
                    h2 { "Servers" }
                    (servers(&snapshot.servers, snapshot.now))
                    h2 { "Workers" }
                    (workers(snapshot))
                }
            }
        };
        page.into_string()
    }
}

fn plots(history: &History) -> Markup {
    let series = history.series();
    html! {
        div.plots {
            (plot("Hit rate", "%", &series.hit_rate, 100.0))
            (plot("Lookups", "a second", &series.rate, 1.0))
            (plot("Answers of memcached take", "ms", &series.latency, 1.0))
        }
        @if series.secs > 0 { p { small {
            "Lines show the last " (duration(series.secs)) ", figures the last "
            (INTERVAL.as_secs()) " s in which there was something to show; of all workers."
        } } }
    }
}

fn actions(rows: &[ActionRow]) -> Markup {
    html! {
        div.wide { table {
            tr {
                th { "action" } th { "hit" } th { "stale" } th { "near" } th { "miss" } th { "uncacheable" }
                th { "error" } th { "bypass" } th { "hit rate" } th { "queued" }
                th { "not stored" } th { "refreshes" } th { "waited" } th { "in vain" }
            }
            @for row in rows {
                @let figures = &row.figures;
                tr {
                    td { b { (row.name) } br; small { (row.action) } }
                    td { (figures.of(ActionCount::HIT)) }
                    td { (figures.of(ActionCount::STALE)) }
                    td { (figures.of(ActionCount::NEAR)) }
                    td { (figures.of(ActionCount::MISS)) }
                    td { (figures.of(ActionCount::UNCACHEABLE)) }
                    td.bad[figures.of(ActionCount::ERROR) > 0] { (figures.of(ActionCount::ERROR)) }
                    td { (figures.bypasses().map(|it| it.1).sum::<u64>()) }
                    td { (percent(figures.answered(), figures.lookups()).unwrap_or_default()) }
                    td { (figures.of(ActionCount::QUEUED)) }
                    td { (figures.not_stored().map(|it| it.1).sum::<u64>()) }
                    td { (figures.of(ActionCount::REFRESH)) }
                    td { (figures.of(ActionCount::WAITED)) }
                    td { (figures.of(ActionCount::TIMED_OUT)) }
                }
            }
        } }
        p { small {
            "Since the start. Hit rate: hit, stale and near, of these and miss, uncacheable and error."
        } }
        @for row in rows { (reasons(row)) }
    }
}

/// Why requests passed the cache, and responses were not stored.
fn reasons(row: &ActionRow) -> Markup {
    let lists = [
        (
            "not for the cache",
            row.figures.bypasses().collect::<Vec<_>>(),
        ),
        ("not stored", row.figures.not_stored().collect()),
    ];
    html! {
        @for (what, reasons) in lists {
            @let counted: Vec<_> = reasons.iter().filter(|it| it.1 > 0).collect();
            @if !counted.is_empty() {
                p.text {
                    b { (row.name) } " " small { (row.action) } ", " (what) ": "
                    @for (at, (reason, count)) in counted.into_iter().enumerate() {
                        @if at > 0 { ", " }
                        (reason) " " (count)
                    }
                }
            }
        }
    }
}

fn servers(rows: &[ServerRow], now: u64) -> Markup {
    html! {
        div.wide { table {
            tr {
                th { "server" } th { "state" } th { "connections" } th { "waiting" }
                th { "requests" } th { "found" } th { "not found" } th { "stored" }
                th { "store refused" } th { "deleted" } th { "failed" } th { "timed out" }
                th { "not sent" } th { "ms" } th { "in" } th { "out" }
            }
            @for row in rows {
                @let stats = &row.stats;
                tr {
                    td { (row.address) }
                    (state(row, now))
                    td { (stats.connections()) }
                    td { (stats.waiting()) }
                    td { (stats.requests) }
                    td { (stats.hits) }
                    td { (stats.misses) }
                    td { (stats.stored) }
                    td { (stats.stores_refused) }
                    td { (stats.deleted) }
                    td { (stats.failed.total()) }
                    td { (stats.failed[crate::server::Failure::TimedOut]) }
                    td { (stats.refused.total()) }
                    td { (mean_ms(row)) }
                    td { (bytes(stats.bytes_read)) }
                    td { (bytes(stats.bytes_written)) }
                }
            }
        } }
        @for row in rows {
            @if let Some((at, text)) = &row.last_error {
                p.text {
                    (row.address) ": " (text) ", "
                    (duration(now.saturating_sub(*at))) " ago"
                }
            }
        }
    }
}

fn state(row: &ServerRow, now: u64) -> Markup {
    let class = if row.state == ServerState::Up {
        "good"
    } else {
        "bad"
    };
    html! {
        td class=(class) {
            (row.state.name())
            @if let Some(since) = row.since { " for " (duration(now.saturating_sub(since))) }
        }
    }
}

fn workers(snapshot: &Snapshot) -> Markup {
    html! {
        div.wide { table {
            tr { th { "worker" } th { "lookups" } th { "joined" } th { "requests" } th { "in" } th { "out" } th { "near hits" } th { "near entries" } th { "near bytes" } th { "evicted" } }
            @for (number, row) in snapshot.workers.iter().enumerate() {
                tr {
                    td { (number) }
                    td { (row.lookups) }
                    td { (row.joined) }
                    td { (row.requests) }
                    td { (bytes(row.bytes_read)) }
                    td { (bytes(row.bytes_written)) }
                    td { (row.near_hits) }
                    td { (row.near_entries) }
                    td { (bytes(row.near_bytes)) }
                    td { (row.near_evicted) }
                }
            }
        } }
    }
}

fn mean_ms(row: &ServerRow) -> String {
    let latency = &row.stats.latency;
    match latency.count() {
        0 => String::new(),
        count => short(float(latency.micros) / float(count) / 1000.0),
    }
}

fn percent(part: u64, whole: u64) -> Option<String> {
    (whole > 0).then(|| format!("{:.1} %", 100.0 * float(part) / float(whole)))
}

/// So many of them, in words.
fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn bytes(count: u64) -> String {
    let mut left = float(count);
    for unit in ["B", "kB", "MB", "GB"] {
        if left < 1000.0 {
            return format!(
                "{} {unit}",
                if unit == "B" {
                    count.to_string()
                } else {
                    short(left)
                }
            );
        }
        left /= 1000.0;
    }
    format!("{} TB", short(left))
}

fn duration(secs: u64) -> String {
    match secs {
        0..120 => format!("{secs} s"),
        120..7200 => format!("{} min", secs / 60),
        7200..172_800 => format!("{} h", secs / 3600),
        _ => format!("{} days", secs / 86_400),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "more digits than the page shows"
)]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        for (count, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1500, "1.5 kB"),
            (2_000_000, "2.0 MB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(bytes(count), expected);
        }
        for (secs, expected) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7200, "2 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(duration(secs), expected);
        }
        assert_eq!(counted(0, "worker"), "0 workers");
        assert_eq!(counted(1, "worker"), "1 worker");
        assert_eq!(percent(1, 0), None);
        assert_eq!(percent(1, 3).as_deref(), Some("33.3 %"));
    }
}

//! Writes `docs/fleet-simulated.md` and its plots: what becomes of a fleet when something
//! happens to it, with which options. `fleet_figures FOLDER` writes into the docs in a folder.

#![expect(clippy::cast_precision_loss, reason = "all of its numbers are small")]

mod chart;
mod scenarios;

use std::fmt::Write;
use std::path::PathBuf;

use chart::{Panel, chart};
use memcached_core::testing::fleet::{Figures, Span, run};
use scenarios::{AT, SCENARIOS, SECS, Scenario, choices, plan};

/// What stands above the tables.
const HEAD: &str = include_str!("head.md");

/// Seconds that are looked at together for the worst of them.
const PART: usize = 5;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("the folder of the docs"));
    let plots = folder.join("fleet-simulated");
    std::fs::create_dir_all(&plots).expect("a folder for the plots");
    let mut text = HEAD.to_owned();
    for scenario in &SCENARIOS {
        let mut all = Vec::new();
        for (name, options) in choices() {
            eprintln!("{}: {name}", scenario.title);
            let report = run(&plan(scenario, &options), false);
            assert_eq!(report.broken, None, "{}, {name}", scenario.title);
            all.push((name, report.figures));
        }
        let svg = draw(scenario, &all);
        std::fs::write(plots.join(format!("{}.svg", scenario.file)), svg).expect("a plot");
        tell(&mut text, scenario, &all);
    }
    std::fs::write(folder.join("fleet-simulated.md"), text).expect("the page");
}

fn draw(scenario: &Scenario, all: &[(&str, Figures)]) -> String {
    let secs = SECS;
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let lines = |of: fn(&Figures, usize) -> Option<f64>| {
        let line = |(_, figures): &(&str, Figures)| (0..secs).map(|at| of(figures, at)).collect();
        all.iter().map(line).collect()
    };
    let panels = [
        Panel {
            title: "hit ratio, %",
            lines: lines(|figures, at| Some(figures.of(at..at + 1).hit_ratio()? * 100.0)),
            most: 100.0,
            is_logarithmic: false,
        },
        Panel {
            title: "requests to the backend, a second (it can make about 400)",
            lines: lines(|figures, at| Some(figures.of(at..at + 1).backend as f64)),
            most: 100.0,
            is_logarithmic: false,
        },
        Panel {
            title: "99 % of the visitors waited at most so many ms",
            lines: lines(|figures, at| figures.of(at..at + 1).waited_at_most(990)),
            most: 1000.0,
            is_logarithmic: true,
        },
    ];
    chart(scenario.title, &names, secs, &panels)
}

fn tell(text: &mut String, scenario: &Scenario, all: &[(&str, Figures)]) {
    let (file, at) = (scenario.file, AT);
    let _ = write!(
        text,
        "\n## {}\n\n{}\n\n![{}](fleet-simulated/{file}.svg)\n\n\
         | options | hits before, % | worst {PART} s, % | backend, at most a second | \
         99 % waited at most, ms, before | worst {PART} s | errors |\n\
         |---|---|---|---|---|---|---|\n",
        scenario.title, scenario.what, scenario.title
    );
    for (name, figures) in all {
        let before = figures.of(at - 30..at - 1);
        let parts = (at - 1..SECS).step_by(PART);
        let parts: Vec<_> = parts.map(|from| figures.of(from..from + PART)).collect();
        let ratios = parts.iter().filter_map(Span::hit_ratio);
        let worst = ratios.fold(1.0, f64::min);
        let seconds = (at - 1..SECS).map(|from| figures.of(from..from + 1).backend);
        let waits = parts.iter().filter_map(|span| span.waited_at_most(990));
        let _ = writeln!(
            text,
            "| {name} | {:.1} | {:.1} | {} | {:.1} | {:.0} | {} |",
            before.hit_ratio().unwrap_or_default() * 100.0,
            worst * 100.0,
            seconds.max().unwrap_or_default(),
            before.waited_at_most(990).unwrap_or_default(),
            waits.fold(0.0, f64::max),
            figures.of(0..SECS + 200).errors,
        );
    }
}

//! Small plots as SVG within a page.

use core::fmt::Write;

use maud::{Markup, html};

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 80.0;

/// A plot of values that follow each other evenly; where there is none, the line has a
/// gap. `most` is the value at its top, unless one is larger.
pub(super) fn plot(title: &str, unit: &str, values: &[Option<f64>], most: f64) -> Markup {
    let top = values.iter().flatten().copied().fold(most, f64::max);
    let last = values.iter().rev().flatten().next();
    let label = last.map_or_else(
        || "nothing yet".to_owned(),
        |last| format!("{} {unit}", short(*last)),
    );
    let path = path(values, top);
    html! {
        figure {
            figcaption { (title) " " b { (label) } }
            svg viewBox="0 0 300 80" role="img" aria-label=(format!("{title}: {label}")) preserveAspectRatio="none" {
                line class="base" x1="0" y1="79.5" x2="300" y2="79.5" {}
                path d=(path) {}
            }
            small { "0 to " (short(top)) " " (unit) }
        }
    }
}

/// The line, in pieces between gaps. A value between two gaps is a short stroke.
fn path(values: &[Option<f64>], top: f64) -> String {
    let mut path = String::new();
    let step = WIDTH / f64::from(u32::try_from(values.len().max(1)).unwrap_or(u32::MAX));
    let (mut x, mut is_drawing) = (0.0, false);
    for value in values {
        if let Some(value) = value {
            let y = HEIGHT - 1.0 - value / top * (HEIGHT - 2.0);
            let command = if is_drawing { 'L' } else { 'M' };
            // A string takes everything.
            let _ = write!(path, "{command}{x:.1} {y:.1}H{:.1}", x + step);
        }
        is_drawing = value.is_some();
        x += step;
    }
    path
}

/// A number with about three digits.
pub(super) fn short(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        ..1.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_gaps() {
        assert_eq!(path(&[], 1.0), "");
        let values = [Some(0.0), Some(10.0), None, Some(5.0)];
        assert_eq!(
            path(&values, 10.0),
            "M0.0 79.0H75.0L75.0 1.0H150.0M225.0 40.0H300.0"
        );
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (0.123, "0.12"),
            (1.25, "1.2"),
            (99.94, "99.9"),
            (1234.5, "1234"),
        ] {
            assert_eq!(short(value), expected);
        }
    }

    #[test]
    fn a_plot_says_what_it_shows() {
        let empty = plot("Hits", "%", &[None, None], 100.0).into_string();
        assert!(empty.contains("nothing yet") && empty.contains("d=\"\""));
        let full = plot("Hits", "%", &[Some(50.0), Some(200.0)], 100.0).into_string();
        assert!(
            full.contains("<b>200 %</b>") && full.contains("0 to 200 %"),
            "{full}"
        );
    }
}

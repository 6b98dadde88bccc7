//! The text that Prometheus reads, and `OpenMetrics`, which differs from it in the
//! names of families of counters and at its end.

use core::fmt::{Display, Write};

/// What a family of samples is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Writes families one after the other.
pub(super) struct Exposition {
    text: String,
    is_open_metrics: bool,
}

/// The name of a label and its value.
pub(super) type Label<'a> = (&'static str, &'a str);

impl Exposition {
    pub(super) const fn new(is_open_metrics: bool) -> Self {
        Self {
            text: String::new(),
            is_open_metrics,
        }
    }

    /// Begins a family. Samples of a counter end in `_total`, but not its name.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let (word, end) = match kind {
            Kind::Counter if self.is_open_metrics => ("counter", ""),
            Kind::Counter => ("counter", "_total"),
            Kind::Gauge => ("gauge", ""),
            Kind::Histogram => ("histogram", ""),
        };
        self.line(format_args!("# HELP {name}{end} {help}"));
        self.line(format_args!("# TYPE {name}{end} {word}"));
    }

    /// A sample of the present family, whose name may go on with `end`.
    pub(super) fn sample(
        &mut self,
        name: &str,
        end: &str,
        labels: &[Label<'_>],
        value: impl Display,
    ) {
        self.text.push_str(name);
        self.text.push_str(end);
        let mut before = '{';
        for (label, value) in labels {
            self.text.push(before);
            before = ',';
            self.text.push_str(label);
            self.text.push_str("=\"");
            self.push_escaped(value);
            self.text.push('"');
        }
        if before == ',' {
            self.text.push('}');
        }
        self.line(format_args!(" {value}"));
    }

    /// The value of a label may have any character; line ends, quotes and backslashes
    /// are escaped.
    fn push_escaped(&mut self, value: &str) {
        for character in value.chars() {
            match character {
                '\\' => self.text.push_str("\\\\"),
                '"' => self.text.push_str("\\\""),
                '\n' => self.text.push_str("\\n"),
                other => self.text.push(other),
            }
        }
    }

    fn line(&mut self, line: core::fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = writeln!(self.text, "{line}");
    }

    pub(super) fn finish(mut self) -> String {
        if self.is_open_metrics {
            self.line(format_args!("# EOF"));
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        for (is_open_metrics, family, end) in [(false, "x_total", ""), (true, "x", "# EOF\n")] {
            let mut text = Exposition::new(is_open_metrics);
            text.family("x", Kind::Counter, "What it is.");
            text.sample("x", "_total", &[], 1);
            text.sample("x", "_total", &[("a", "1"), ("b", "\"\\\n{}é")], 2.5);
            let expected = format!(
                "# HELP {family} What it is.\n# TYPE {family} counter\n\
                 x_total 1\nx_total{{a=\"1\",b=\"\\\"\\\\\\n{{}}é\"}} 2.5\n{end}"
            );
            assert_eq!(text.finish(), expected);
        }
    }
}

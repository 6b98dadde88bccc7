//! In which form the figures are shown.

use crate::http::{list, trim};

/// A form of the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page for people.
    Html,
    /// For programs.
    Json,
    /// The text that Prometheus has always read.
    Prometheus,
    /// `OpenMetrics`, which grew out of that.
    OpenMetrics,
}

/// The query asks for a form that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchFormat;

impl Format {
    /// The form that a request asks for, by the `format` of its query or, without
    /// that, by the lines of its header `Accept`.
    ///
    /// # Errors
    /// The query asks for another one.
    pub fn of<'a>(
        query: &[u8],
        accept: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Self, NoSuchFormat> {
        let mut parameters = query.split(|&byte| byte == b'&');
        let asked = parameters.find_map(|parameter| match parameter {
            b"format" => Some(&b""[..]),
            _ => parameter.strip_prefix(b"format="),
        });
        let weights = Weights::of(accept);
        match asked {
            None if weights.open_metrics > weights.html.max(weights.text) => Ok(Self::OpenMetrics),
            None if weights.text > weights.html => Ok(Self::Prometheus),
            None => Ok(Self::Html),
            Some(b"json") => Ok(Self::Json),
            Some(b"prometheus") if weights.open_metrics > weights.text => Ok(Self::OpenMetrics),
            Some(b"prometheus") => Ok(Self::Prometheus),
            Some(_) => Err(NoSuchFormat),
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// How much a client wants each of them, in thousandths (RFC 9110, section 12.5.1). Only
/// HTML is meant where all types are.
#[derive(Default)]
struct Weights {
    html: u16,
    text: u16,
    open_metrics: u16,
}

impl Weights {
    fn of<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut weights = Self::default();
        let mut html = [None; 3];
        for range in lines.flat_map(list) {
            let mut parts = range.split(|&byte| byte == b';').map(trim);
            let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
            let mut weight = 1000;
            let mut is_exposition = false;
            for parameter in parts.map(<[u8]>::to_ascii_lowercase) {
                if let Some(text) = parameter.strip_prefix(b"q=") {
                    weight = thousandths(text);
                }
                is_exposition |= parameter == b"version=0.0.4";
            }
            match &media_type[..] {
                b"application/openmetrics-text" => {
                    weights.open_metrics = weights.open_metrics.max(weight);
                }
                b"text/plain" if is_exposition => weights.text = weights.text.max(weight),
                b"text/html" => html[0] = Some(weight),
                b"text/*" => html[1] = Some(weight),
                b"*/*" => html[2] = Some(weight),
                _ => {}
            }
        }
        // The most exact one counts.
        weights.html = html.into_iter().flatten().next().unwrap_or_default();
        weights
    }
}

/// A weight; one that is malformed is none.
fn thousandths(text: &[u8]) -> u16 {
    let Some((whole, rest)) = text.split_first() else {
        return 0;
    };
    let digits = match rest {
        [] => rest,
        [b'.', digits @ ..] if digits.len() <= 3 => digits,
        _ => return 0,
    };
    if !matches!(whole, b'0' | b'1') || !digits.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let places = [100, 10, 1];
    let digit = |byte: &u8| u16::from(byte - b'0');
    let part: u16 = digits.iter().zip(places).map(|(b, n)| digit(b) * n).sum();
    (digit(whole) * 1000 + part).min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_and_accept_choose() {
        use Format::{Html, Json, OpenMetrics, Prometheus};
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let scraper = "application/openmetrics-text;version=1.0.0;q=0.5,\
                       application/openmetrics-text;version=0.0.1;q=0.4,\
                       text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let old = "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        for (query, accept, expected) in [
            ("", "", Ok(Html)),
            ("", "*/*", Ok(Html)),
            ("", browser, Ok(Html)),
            ("", scraper, Ok(OpenMetrics)),
            ("", old, Ok(Prometheus)),
            ("", "text/plain", Ok(Html)),
            ("", "application/openmetrics-text;q=0, */*;q=0.1", Ok(Html)),
            ("", "application/openmetrics-text;q=x", Ok(Html)),
            (
                "",
                "Application/OpenMetrics-Text; Q=0.2, text/html;q=0.1, */*",
                Ok(OpenMetrics),
            ),
            ("x=1", scraper, Ok(OpenMetrics)),
            ("format=json", scraper, Ok(Json)),
            ("a=b&format=json&format=x", "", Ok(Json)),
            ("format=prometheus", "", Ok(Prometheus)),
            ("format=prometheus", browser, Ok(Prometheus)),
            ("format=prometheus", scraper, Ok(OpenMetrics)),
            ("format=xml", scraper, Err(NoSuchFormat)),
            ("format=JSON", "", Err(NoSuchFormat)),
            ("format=", "", Err(NoSuchFormat)),
            ("format", "", Err(NoSuchFormat)),
            ("formats=xml", "", Ok(Html)),
        ] {
            let lines = [accept.as_bytes()].into_iter();
            let chosen = Format::of(query.as_bytes(), lines);
            assert_eq!(chosen, expected, "{query:?} {accept:?}");
        }
    }

    #[test]
    fn weights() {
        for (text, expected) in [
            ("1", 1000),
            ("1.000", 1000),
            ("1.5", 1000),
            ("0", 0),
            ("0.", 0),
            ("0.5", 500),
            ("0.125", 125),
            ("0.1234", 0),
            ("2", 0),
            ("", 0),
            ("0,5", 0),
        ] {
            assert_eq!(thousandths(text.as_bytes()), expected, "{text}");
        }
    }
}

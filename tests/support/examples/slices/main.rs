//! Load in short slices, for `make bench`: connections to several servers stay open, and one
//! server at a time is asked for some milliseconds. What to do comes as lines:
//!
//! - `open NAME PORT CLIENTS`
//! - `close NAME`
//! - `slice NAME MILLISECONDS LENGTH one PATH`: always the same page
//! - `slice NAME MILLISECONDS LENGTH zipf PREFIX COUNT SEED`: pages by Zipf's law, exponent 1
//! - `slice NAME MILLISECONDS LENGTH fresh PREFIX FIRST`: pages with numbers from this on
//! - `all NAME LENGTH PREFIX COUNT`: each page once
//!
//! Every response must be a 200 with a body of `LENGTH` bytes. Each line is answered by one:
//! `requests microseconds p50 p99`, the last two in microseconds, or `ok`.

mod group;
mod pages;
mod response;

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use group::{Group, Sample};
use pages::Pages;

fn main() {
    let mut groups = HashMap::new();
    for line in io::stdin().lock().lines() {
        let line = line.expect("a line");
        let words: Vec<_> = line.split_whitespace().collect();
        let answer = carry_out(&mut groups, &words).unwrap_or_else(|why| {
            eprintln!("slices: {line}: {why}");
            std::process::exit(1);
        });
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}").expect("somebody reads");
        out.flush().expect("somebody reads");
    }
}

fn carry_out(groups: &mut HashMap<String, Group>, words: &[&str]) -> Result<String, String> {
    match *words {
        ["open", name, port, clients] => {
            let group = Group::open(number(port)?, number(clients)?);
            let group = group.map_err(|error| error.to_string())?;
            groups.insert(name.to_owned(), group);
            Ok("ok".to_owned())
        }
        ["close", name] => {
            groups.remove(name);
            Ok("ok".to_owned())
        }
        ["slice", name, millis, length, ref pages @ ..] => {
            let pages = match *pages {
                ["one", path] => Pages::one(path),
                ["zipf", prefix, count, seed] => Pages::zipf(prefix, number(count)?, number(seed)?),
                ["fresh", prefix, first] => Pages::numbered(prefix, number(first)?, u64::MAX),
                _ => return Err("no such pages".to_owned()),
            };
            let time = Duration::from_millis(number(millis)?);
            ask(groups, name, pages, Some(time), number(length)?)
        }
        ["all", name, length, prefix, count] => {
            let pages = Pages::numbered(prefix, 0, number(count)?);
            ask(groups, name, pages, None, number(length)?)
        }
        _ => Err("no such command".to_owned()),
    }
}

fn ask(
    groups: &mut HashMap<String, Group>,
    name: &str,
    mut pages: Pages,
    time: Option<Duration>,
    length: usize,
) -> Result<String, String> {
    let group = groups.get_mut(name).ok_or("it is not open")?;
    let Sample { mut waits, elapsed } = group.run(&mut pages, time, length)?;
    waits.sort_unstable();
    let at = |percent: usize| waits.get(waits.len() * percent / 100).copied();
    let [middle, late] = [50, 99].map(|percent| at(percent).unwrap_or_default());
    let micros = elapsed.as_micros();
    Ok(format!("{} {micros} {middle} {late}", waits.len()))
}

fn number<N: std::str::FromStr>(word: &str) -> Result<N, String> {
    word.parse()
        .map_err(|_| format!("{word} is not such a number"))
}

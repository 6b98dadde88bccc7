//! A stored response and a request for it, made of arbitrary bytes, and what
//! must hold of them.

use crate::policy::identity::{KeyRules, Request};
use crate::policy::{
    Answer, Conditions, Exchange, Lifetimes, NotStored, Policy, Servable, Windows, validators,
};
use crate::protocol::Ttl;
use crate::stored::{
    Extra, HEAD_MAX, Head, HeadSpec, HeadWriter, PAGE_FLAGS, Renewal, Unstorable, is_whole, pieces,
};

/// 2026-11-24 12:00:00 GMT.
const NOW: u64 = 1_795_521_600;

/// The bytes before the first 0xff are the value of an item, those after it are
/// lines of a request.
///
/// # Panics
/// Something that must hold does not.
pub fn run(data: &[u8]) {
    let mut halves = data.splitn(2, |&byte| byte == 0xff);
    let value = halves.next().unwrap_or_default();
    let request: Vec<(&[u8], &[u8])> = halves
        .next()
        .unwrap_or_default()
        .split(|&byte| byte == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
        .collect();
    let whole = [value];
    let head = Head::parse(whole.iter(), 0);
    for size in [1, 2, 3, 7, 64] {
        let pieces: Vec<&[u8]> = value.chunks(size).collect();
        assert_eq!(head, Head::parse(pieces.iter(), 0), "in pieces of {size}");
    }
    assert_eq!(head.is_ok(), naive(value).is_some());
    key_of(&request);
    let Ok(head) = head else {
        return;
    };
    let (status, size) = naive(value).expect("just seen");
    assert_eq!((head.status(), head.size()), (status, size));
    for (name, text) in head.headers() {
        assert!(
            !name.is_empty()
                && name
                    .iter()
                    .all(|byte| byte.is_ascii_graphic() && *byte != b':')
        );
        assert!(
            text.iter()
                .all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
        );
        assert!(text.trim_ascii() == text);
    }
    stored_again(&head);
    aged(value);
    renewed(&head, value, &request);
    answered(&head, value, &request);
}

/// Status and size of a head, found the slow way; `None` if it is malformed.
fn naive(value: &[u8]) -> Option<(u16, usize)> {
    let size = 4 + value.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text: String = value[..size - 4]
        .iter()
        .map(|&byte| char::from(byte))
        .collect();
    let mut lines = text.split("\r\n");
    let line = lines.next()?;
    let rest = line
        .strip_prefix("HTTP/1.1 ")
        .or(line.strip_prefix("HTTP/1.0 "))?;
    let (digits, words) = rest.split_once(' ')?;
    let status = digits
        .parse()
        .ok()
        .filter(|_| digits.len() == 3 && !digits.contains('+'))?;
    let text_like = |text: &str| {
        text.chars()
            .all(|c| c == '\t' || (c >= ' ' && c != '\u{7f}'))
    };
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let body = (value.len() - size).to_string();
    let is_length = |value: &str| {
        let digits = !value.is_empty() && value.chars().all(|c| c.is_ascii_digit());
        digits && value.trim_start_matches('0') == body.trim_start_matches('0')
    };
    let mut right = text_like(words) && is_whole(status) && size <= HEAD_MAX;
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = value.trim_matches([' ', '\t']);
        right &= !name.is_empty() && name.chars().all(token) && text_like(value);
        right &= !name.eq_ignore_ascii_case("Transfer-Encoding");
        right &= !name.eq_ignore_ascii_case("Content-Length") || is_length(value);
    }
    right.then_some((status, size))
}

/// What was read can be written, and reads the same again.
fn stored_again(head: &Head<'_>) {
    let mut writer = HeadWriter::default();
    for (name, value) in head.headers() {
        writer.push(name, value);
    }
    let spec = HeadSpec {
        age_secs: 7,
        extra: Some(Extra {
            secs: 60,
            is_served: true,
        }),
        ..HeadSpec::new(head.status(), NOW)
    };
    match writer.encode(&spec, |_| false) {
        Ok(mut entry) => {
            entry.set_fresh_until(NOW + 9);
            let pieces = [entry.finish()];
            let again = Head::parse(pieces.iter(), PAGE_FLAGS).expect("just written");
            let fresh = again.fresh_until().expect("just written");
            assert_eq!((fresh.unix_secs, fresh.extra), (NOW + 9, 60));
            assert!(again.headers().eq(head.headers()));
            let times = again.times(NOW + 10).expect("a date");
            assert_eq!((times.date, times.age), (NOW - 7, 17));
        }
        Err(why) => assert_eq!(why, Unstorable::TooLarge),
    }
}

/// However its item came to be, nothing that stays past its own time is served.
fn aged(value: &[u8]) {
    let whole = [value];
    let head = Head::parse(whole.iter(), PAGE_FLAGS).expect("as with other flags");
    let policy = Policy {
        stale: Some(Windows {
            while_revalidate: 60,
            if_error: 600,
            kept: 0,
        }),
        targeted: true,
        ..Policy::default()
    };
    let life = policy.page_life(&head, NOW);
    if let Some(line) = life.line {
        assert!(life.windows.longest() <= line.extra);
        let end = line.unix_secs.saturating_add(line.extra.into());
        assert_eq!(life.by_clock(end), Servable::Gone);
        assert_eq!(life.by_time_left(0), Servable::Gone);
    }
    assert_eq!(life.by_time_left(u64::MAX), Servable::Fresh);
}

/// A 304 never changes body, status or coding, and only one that is about this
/// response changes anything.
fn renewed(head: &Head<'_>, value: &[u8], lines: &[(&[u8], &[u8])]) {
    let mut renewal = Renewal::new(head);
    for (name, value) in lines {
        renewal.push(name, value);
    }
    let body = &value[head.size()..];
    let conditions = validators(head, [body]);
    assert!(conditions.len() <= 2);
    let policy = Policy {
        statuses: vec![head.status()],
        headers: true,
        force: true,
        ..Policy::default()
    };
    let len = body.len() as u64;
    let Ok((_, mut item)) = policy.renew(&renewal, len, None, None, NOW) else {
        return;
    };
    assert!(renewal.is_of_this());
    item.push_body(body);
    let pieces = [item.finish()];
    let new = Head::parse(pieces.iter(), 0).expect("just written");
    assert_eq!(new.status(), head.status());
    assert_eq!(&pieces[0][new.size()..], body);
    let codings = |head: &Head<'_>| -> Vec<Vec<u8>> {
        let sent = head.headers();
        let codings = sent.filter(|(name, _)| name.eq_ignore_ascii_case(b"Content-Encoding"));
        codings.map(|(_, value)| value.to_vec()).collect()
    };
    assert_eq!(codings(&new), codings(head));
}

fn answered(head: &Head<'_>, value: &[u8], request: &[(&[u8], &[u8])]) {
    let mut conditions = Conditions::default();
    for (name, value) in request {
        conditions.observe(name, value);
    }
    let chunks: Vec<&[u8]> = value.chunks(5).collect();
    let start = head.size() as u64;
    let len = value.len() as u64 - start;
    for method in [&b"GET"[..], b"HEAD", b"POST"] {
        match conditions.answer(method, head, len) {
            Answer::Part { first, last } => {
                assert!(first <= last && last < len && method == b"GET");
                let sent: usize = pieces(chunks.iter(), start + first..start + last + 1)
                    .map(|(piece, range)| piece[range].len())
                    .sum();
                assert_eq!(sent as u64, last + 1 - first);
            }
            Answer::NotModified => assert!((200..300).contains(&head.status())),
            Answer::NotSatisfiable => assert_eq!(head.status(), 200),
            Answer::Whole => {}
        }
    }
    decided(head, request);
}

fn decided(head: &Head<'_>, request: &[(&[u8], &[u8])]) {
    let mut exchange = Exchange::new(b"GET", head.status().into());
    let mut writer = HeadWriter::default();
    for (name, _) in request {
        exchange.observe_request(name);
    }
    for (name, value) in head.headers() {
        exchange.observe_response(name, value);
        writer.push(name, value);
    }
    let mut policy = Policy {
        statuses: vec![head.status()],
        headers: true,
        lifetimes: Lifetimes::of_all(Ttl::Secs(60)),
        ..Policy::default()
    };
    for force in [false, true] {
        policy.force = force;
        match policy.decide(&exchange, NOW) {
            Ok(storable) => {
                let ttl = storable.lifetime.ttl(NOW);
                assert!(ttl == Some(Ttl::Secs(60)) || !force);
                assert!(matches!(ttl, Some(Ttl::Secs(1..=60))));
                match policy.new_item(&writer, &exchange, &storable, NOW) {
                    Ok(item) => assert_eq!(item.body_len(), 0),
                    Err(why) => assert_eq!(why, NotStored::Headers(Unstorable::TooLarge)),
                }
            }
            Err(why) => assert!(
                !force || matches!(why, NotStored::ContentRange | NotStored::TooLarge),
                "{why}"
            ),
        }
    }
}

/// Whatever a request says, its key has one part for each name in `vary`.
fn key_of(request: &[(&[u8], &[u8])]) {
    let mut rules = KeyRules::default();
    assert!(rules.vary.add(b"Accept-Encoding") && rules.vary.add(b"X-Own"));
    let target = Request {
        raw: b"/x",
        target: b"/x",
        sent_on: b"/x",
        path: b"/x",
        host: None,
        is_secure: false,
        listener_port: None,
    };
    let headers = request.iter().copied();
    let mut key = b"/x".to_vec();
    if rules.append_parts(&target, &headers, &mut key).is_err() {
        return;
    }
    let text = core::str::from_utf8(&key).expect("ASCII");
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
    let mut parts = text.split('#');
    assert_eq!(parts.next(), Some("/x"));
    let names: Vec<_> = parts.filter_map(|part| part.split('=').next()).collect();
    for own in ["accept-encoding", "x-own"] {
        assert_eq!(names.iter().filter(|name| **name == own).count(), 1);
    }
}

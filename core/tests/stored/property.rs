//! Any values.

use memcached_core::stored::{
    Extra, Head, HeadSpec, HeadWriter, PAGE_FLAGS, Times, is_whole, pieces,
};
use proptest::prelude::*;

use super::{NOW, sent};

fn split<'a>(value: &'a [u8], at: &[usize]) -> Vec<&'a [u8]> {
    let mut at: Vec<_> = at.iter().map(|at| at % (value.len() + 1)).collect();
    at.extend([0, value.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &value[pair[0]..pair[1]]).collect()
}

fn field() -> impl Strategy<Value = (String, String)> {
    let names = prop_oneof![
        "[-A-Za-z0-9!#$%&'*+.^_`|~]{1,12}",
        Just("Content-Type".into()),
        Just("ETag".into()),
        Just("Connection".into()),
    ];
    (names, "[ -~\t\u{a0}-\u{ff}]{0,30}")
}

proptest! {
    #[test]
    fn what_is_stored_parses_to_the_same(
        status in (200u16..=599).prop_filter("whole", |&status| is_whole(status)),
        fields in proptest::collection::vec(field(), 0..6),
        body in proptest::collection::vec(any::<u8>(), 0..200),
        add_etag: bool,
        age in 0u32..100,
        extra: Option<(u32, bool)>,
        until in 0u64..10_000_000_000,
        cuts in proptest::collection::vec(any::<usize>(), 0..5),
    ) {
        let mut writer = HeadWriter::default();
        let mut hops = vec!["date".to_owned(), "age".into(), "connection".into(), "te".into()];
        for (name, value) in &fields {
            writer.push(name.as_bytes(), value.as_bytes());
            if name == "Connection" {
                hops.extend(value.split(',').map(|hop| hop.trim_matches([' ', '\t']).to_lowercase()));
            }
        }
        let extra = extra.map(|(secs, is_served)| Extra { secs, is_served });
        let spec = HeadSpec { age_secs: age, add_etag, extra, ..HeadSpec::new(status, NOW) };
        let mut entry = writer.encode(&spec, |_| false).unwrap();
        entry.push_body(&body);
        entry.set_fresh_until(until);
        prop_assert_eq!(entry.body_len(), body.len() as u64);
        let value = entry.finish();
        let parts = split(&value, &cuts);
        let head = Head::parse(parts.iter(), PAGE_FLAGS).unwrap();
        prop_assert_eq!(head.status(), status);
        let line = head.fresh_until().map(|line| (line.unix_secs, line.extra, line.is_served));
        prop_assert_eq!(line, extra.map(|extra| (until, extra.secs, extra.is_served)));
        prop_assert_eq!(head.times(NOW), Some(Times { date: NOW - u64::from(age), age, is_dated: true }));
        let mut expected: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.clone(), value.trim_matches([' ', '\t']).to_owned()))
            .filter(|(name, _)| !hops.contains(&name.to_lowercase()))
            .collect();
        let had_etag = expected.iter().any(|(name, _)| name.eq_ignore_ascii_case("etag"));
        let mut found = sent(&head);
        if add_etag && !had_etag {
            let (name, _) = found.pop().unwrap();
            prop_assert_eq!(name, "ETag");
        }
        expected.retain(|(name, _)| !["server", "upgrade", "trailer"].contains(&&*name.to_lowercase()));
        prop_assert_eq!(found, expected);
        let start = head.size() as u64;
        let got: Vec<u8> = pieces(parts.iter(), start..value.len() as u64)
            .flat_map(|(piece, range)| piece[range].to_vec())
            .collect();
        prop_assert_eq!(got, body);
    }

    #[test]
    fn no_bytes_ever_split_a_header(
        value in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "HTTP/1\\.[01] [1-6][0-9]{2} [ -~]{0,5}(\r\n|\n|\r)([A-C:\r\n\t\0 ]{0,8}(\r\n|\n))*\r\n\r\nx"
                .prop_map(String::into_bytes),
            "HTTP/1\\.1 200 OK\r\n([A-C]{1,2}: ?[a-c\t ]{0,8}\r\n)*[\0\n\r\t ]?\r\n\r\nx"
                .prop_map(String::into_bytes),
        ],
        cuts in proptest::collection::vec(any::<usize>(), 0..5),
    ) {
        let whole = [&value[..]];
        let pieces = split(&value, &cuts);
        let head = Head::parse(whole.iter(), 0);
        prop_assert_eq!(&head, &Head::parse(pieces.iter(), 0), "however it is split");
        if let Ok(head) = head {
            prop_assert!((200..=599).contains(&head.status()));
            prop_assert!(head.size() <= value.len());
            for (name, text) in head.headers() {
                for bytes in [name, text] {
                    prop_assert!(!bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
                }
                prop_assert!(!name.is_empty() && !name.contains(&b':'));
            }
        }
    }
}

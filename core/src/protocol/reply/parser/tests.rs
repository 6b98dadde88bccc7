use super::super::vocabulary::ValueLines;
use super::*;
use crate::protocol::key::Key;
use crate::protocol::value::Pieces;
use core::ops::Range;

/// Its pieces cost nothing.
struct Whole<'a>(&'a [u8]);

impl Input for Whole<'_> {
    type Piece = Range<usize>;

    fn bytes(&self) -> &[u8] {
        self.0
    }

    fn piece(&self, range: Range<usize>) -> Range<usize> {
        range
    }
}

fn parse(
    parser: &mut ReplyParser<Range<usize>>,
    wire: &[u8],
    at: &mut usize,
) -> Option<Reply<Range<usize>>> {
    let keys = [Key::new(b"k").unwrap()];
    let form = ReplyForm::Values {
        keys: &keys,
        lines: ValueLines::Plain,
        max_value: u64::MAX,
    };
    parser.parse(form, &Whole(wire), at).unwrap()
}

const fn pieces(found: &Found<Range<usize>>) -> &Pieces<Range<usize>> {
    match found {
        Found::Value(value) => &value.pieces,
        Found::TooLarge { .. } => panic!("skipped"),
    }
}

#[test]
fn a_value_that_comes_as_a_whole_takes_no_allocation() {
    let mut parser = ReplyParser::new();
    let wire = b"VALUE k 0 3\r\nabc\r\nEND\r\nEND\r\n";
    let mut at = 0;
    let Some(Reply::Values(found)) = parse(&mut parser, wire, &mut at) else {
        panic!("{parser:?}")
    };
    assert!(!found.spilled());
    let [(0, value)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(pieces(value).iter().collect::<Vec<_>>(), [&(13..16)]);
    assert_eq!(at, 23);
    let miss = Some(Reply::Values(FoundValues::new()));
    assert_eq!(parse(&mut parser, wire, &mut at), miss, "the second reply");
}

#[test]
fn nothing_is_kept_for_an_announced_length() {
    let mut parser = ReplyParser::new();
    let wire = b"VALUE k 0 1073741824\r\nab";
    assert_eq!(parse(&mut parser, wire, &mut 0), None);
    let left = (1 << 30) - 2;
    assert_eq!(parser.place, Place::Data { left });
    assert_eq!(pieces(&parser.found[0].1).iter().count(), 1);
}

#[test]
fn a_value_that_is_longer_than_wanted_is_skipped() {
    let keys = [b"a", b"b"].map(|key| Key::new(key).unwrap());
    let form = ReplyForm::Values {
        keys: &keys,
        lines: ValueLines::Plain,
        max_value: 3,
    };
    let wire = b"VALUE a 0 4\r\nabcd\r\nVALUE b 0 3\r\nabc\r\nEND\r\nEND\r\n";
    for split in 0..wire.len() - 5 {
        let mut parser = ReplyParser::new();
        let mut at = 0;
        let first = parser.parse(form, &Whole(&wire[..split]), &mut at);
        assert_eq!(first, Ok(None));
        assert_eq!(parser.is_skipping(), (13..19).contains(&split), "{split}");
        let reply = parser.parse(form, &Whole(wire), &mut at);
        let Ok(Some(Reply::Values(found))) = reply else {
            panic!("{reply:?}")
        };
        assert_eq!(
            found[0],
            (
                0,
                Found::TooLarge {
                    len: 4,
                    marks: None
                }
            )
        );
        assert_eq!((found[1].0, found[1].1.len()), (1, 3));
        assert_eq!(at, wire.len() - 5);
    }
}

#[test]
fn whole_values_are_given_out_once_before_the_end() {
    let keys = [b"a", b"b", b"c"].map(|key| Key::new(key).unwrap());
    let form = ReplyForm::Values {
        keys: &keys,
        lines: ValueLines::Plain,
        max_value: 3,
    };
    let mut parser = ReplyParser::new();
    let read = |parser: &mut ReplyParser<_>, wire: &[u8]| {
        let reply = parser.parse(form, &Whole(wire), &mut 0);
        let taken = parser.take_whole().map(|(at, found)| (at, found.len()));
        (reply.unwrap(), taken.collect::<Vec<_>>())
    };
    assert_eq!(read(&mut parser, b"VALUE a 0 1\r\nA"), (None, vec![]));
    assert_eq!(parser.torn_position(), Some(0));
    assert_eq!(read(&mut parser, b"\r\n"), (None, vec![(0, 1)]));
    assert_eq!(parser.torn_position(), None);
    assert_eq!(read(&mut parser, b"VALUE c 0 9\r\n"), (None, vec![(2, 9)]));
    assert_eq!(read(&mut parser, b"123456789\r\nVALUE"), (None, vec![]));
    let reply = |text: &str| Some(Reply::ServerError(text.into()));
    assert_eq!(read(&mut parser, b" b 0 1\r\nB"), (None, vec![]));
    let error = b"\r\nSERVER_ERROR x\r\n";
    assert_eq!(read(&mut parser, error), (reply("x"), vec![(1, 1)]));
    assert!(parser.has_values() && !parser.mid_reply());
    // None of it is left for the next reply.
    let error = b"SERVER_ERROR y\r\n";
    assert_eq!(read(&mut parser, error), (reply("y"), vec![]));
    assert!(!parser.has_values());
}

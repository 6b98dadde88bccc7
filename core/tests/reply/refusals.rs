//! Replies that end their connection, and what is said of them.

use memcached_core::protocol::{
    FoundValues, Key, ProtocolError, Reply, ReplyForm, ReplyParser, ValueLines,
};
use memcached_core::testing::reply::stream::Asked;

use crate::table::error;

#[test]
fn what_was_found_before_a_fault_is_forgotten() {
    let mut parser = ReplyParser::new();
    let keys = [Key::new(b"k").unwrap(), Key::new(b"l").unwrap()];
    let form = ReplyForm::Values {
        keys: &keys,
        lines: ValueLines::WithVersion,
        max_value: u64::MAX,
    };
    let broken = b"VALUE k 0 1 9\r\na\r\nx\r\n".as_slice();
    assert!(parser.parse(form, &broken, &mut 0).is_err());
    parser.reset();
    let end = b"END\r\n".as_slice();
    let nothing = Reply::Values(FoundValues::new());
    assert_eq!(parser.parse(form, &end, &mut 0), Ok(Some(nothing)));
}

#[test]
fn refusals_and_replies_to_something_else() {
    use ProtocolError as E;
    for asked in Asked::CLASSIC
        .into_iter()
        .filter(|asked| !matches!(asked, Asked::Count | Asked::Version))
    {
        assert_eq!(error(asked, b"ERROR\r\n"), E::UnknownCommand);
        let client = b"CLIENT_ERROR bad data chunk\r\n";
        assert_eq!(
            error(asked, client),
            E::ClientError("bad data chunk".into())
        );
        assert_eq!(error(asked, b"CLIENT_ERROR\r\n"), E::ClientError("".into()));
        assert_eq!(error(asked, b"END\n"), E::BadLineEnd);
        assert_eq!(error(asked, b"\n"), E::BadLineEnd);
        for line in [
            "",
            " ",
            "END ",
            " END",
            "end",
            "ENDEND",
            "STORED ",
            "ERRORS",
            "ERROR x",
            "OK",
            "SERVER_ERRORS",
            "CLIENT_ERRORS",
            "VALUE",
            "VERSION 1.6",
            "7",
        ] {
            let got = error(asked, format!("{line}\r\n").as_bytes());
            assert_eq!(got, E::Unexpected(line.into()));
        }
    }
    for line in [
        "",
        "-1",
        "+1",
        "7 ",
        " 7",
        "0x7",
        "1.0",
        "18446744073709551616",
    ] {
        let got = error(Asked::Count, format!("{line}\r\n").as_bytes());
        assert_eq!(got, E::Unexpected(line.into()));
    }
    for (line, asked) in [
        (
            "EXISTS",
            &[Asked::Set, Asked::Delete, Asked::Touch, Asked::Count][..],
        ),
        (
            "NOT_FOUND",
            &[Asked::Set, Asked::Get, Asked::Gets, Asked::Many],
        ),
        (
            "DELETED",
            &[
                Asked::Set,
                Asked::Cas,
                Asked::Touch,
                Asked::Count,
                Asked::Get,
            ],
        ),
        (
            "TOUCHED",
            &[
                Asked::Set,
                Asked::Cas,
                Asked::Delete,
                Asked::Count,
                Asked::Get,
            ],
        ),
        (
            "STORED",
            &[Asked::Delete, Asked::Touch, Asked::Count, Asked::Many],
        ),
        (
            "END",
            &[Asked::Cas, Asked::Delete, Asked::Touch, Asked::Count],
        ),
    ] {
        for &asked in asked {
            let got = error(asked, format!("{line}\r\n").as_bytes());
            assert_eq!(got, E::Unexpected(line.into()), "{asked:?}");
        }
    }
    for line in ["STORED", "NOT_STORED"] {
        let got = error(Asked::Get, format!("{line}\r\n").as_bytes());
        assert_eq!(got, E::Unexpected(line.into()));
    }
    for line in ["END", "VALUE k 0 1"] {
        let got = error(Asked::Set, format!("{line}\r\n").as_bytes());
        assert_eq!(got, E::Unexpected(line.into()));
    }
}

#[test]
fn what_the_log_says() {
    use ProtocolError as E;
    for (error, text) in [
        (E::UnknownCommand, "the server answers ERROR"),
        (
            E::ClientError("bad".into()),
            "the server answers CLIENT_ERROR bad",
        ),
        (
            E::unexpected(b"\x1b[1m\n"),
            r#"unexpected reply "\x1b[1m\n""#,
        ),
        (
            E::BadValueLine("VALUE".into()),
            "cannot read value line \"VALUE\"",
        ),
        (
            E::WrongKey("j".into()),
            "value of another key than asked: \"j\"",
        ),
        (E::BadLineEnd, "a line does not end in CR LF"),
        (E::LineTooLong, "a line is longer than 2048 bytes"),
        (E::ValueTooLong, "a value is longer than 1073741824 bytes"),
        (E::BadDataEnd, "a value does not end where it should"),
        (E::Premature, "reply to a request that is still being sent"),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

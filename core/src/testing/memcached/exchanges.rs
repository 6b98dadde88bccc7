//! Exchanges with memcached as they were seen, for what imitates it and what reads
//! its replies; a real server is held against them too.
//!
//! `|` stands for CR LF. `@3` in a command is the version in the third reply;
//! `<A>`, `<B>` in replies are versions, the same letter the same version. A number
//! alone lets so many tenths of a second pass, in which the item expires; `*5` is a
//! block of five bytes.

/// What is sent and what comes.
pub type Exchange = (&'static str, &'static str);

const LOOK: &str = "mg k k f c t v N30 q|mn|";
const TOO_LARGE: &str = "SERVER_ERROR object too large for cache|";

/// A name, and the exchanges about the key `k`, from an empty server on.
pub const ALL: &[(&str, &[Exchange])] = &[
    (
        "who misses first makes the item",
        &[
            (LOOK, "VA 0 kk f0 c<A> t-1 W||MN|"),
            (LOOK, "VA 0 kk f0 c<A> t30 Z||MN|"),
            ("ms k 4 T60 F7 C@1|body|", "HD|"),
            (LOOK, "VA 4 kk f7 c<B> t60|body|MN|"),
            ("ms k 4 T60 F7 C@1|late|", "EX|"),
        ],
    ),
    (
        "flags are answered in their order",
        &[
            ("mg k v N10 t c f|", "VA 0 t10 c<A> f0 W||"),
            ("md k|", "HD|"),
            ("mg k t v c f N10|", "VA 0 t-1 c<B> f0 W||"),
            ("ms k 4 T60 F7|body|", "HD|"),
            ("mg k|", "HD|"),
            ("mg k s t f c|", "HD s4 t60 f7 c<C>|"),
            ("mg k k s t f c v|", "VA 4 kk s4 t60 f7 c<C>|body|"),
            ("mg none|", "EN|"),
            ("mg none k v|", "EN knone|"),
            ("mg none k s c t|", "EN knone|"),
        ],
    ),
    (
        "a right ends with its item",
        &[
            ("mg k k f c t v N2 q|mn|", "VA 0 kk f0 c<A> t-1 W||MN|"),
            ("mg k k f c t v N2 q|mn|", "VA 0 kk f0 c<A> t2 Z||MN|"),
            ("30", ""),
            (LOOK, "VA 0 kk f0 c<B> t-1 W||MN|"),
            ("ms k 3 T60 F0 C@1|old|", "EX|"),
            ("ms k 3 T60 F0 C@4|new|", "HD|"),
            (LOOK, "VA 3 kk f0 c<C> t60|new|MN|"),
        ],
    ),
    (
        "who won gives it back",
        &[
            (LOOK, "VA 0 kk f0 c<A> t-1 W||MN|"),
            ("md k C@1|", "HD|"),
            (LOOK, "VA 0 kk f0 c<B> t-1 W||MN|"),
            ("ms k 3 T60|new|", "HD|"),
            ("md k C@3|", "EX|"),
            (LOOK, "VA 3 kk f0 c<C> t60|new|MN|"),
        ],
    ),
    (
        "a right is renewed",
        &[
            (LOOK, "VA 0 kk f0 c<A> t-1 W||MN|"),
            ("ms k 0 T60 F65538 C@1 c||", "HD c<B>|"),
            (LOOK, "VA 0 kk f65538 c<B> t60||MN|"),
            ("ms k 0 T60 F65538 C@1 c||", "EX c0|"),
            ("ms k 4 T60 F7 C@2|body|", "HD|"),
            ("md k|", "HD|"),
            ("ms k 0 T60 F65538 C@2 c||", "NF c0|"),
        ],
    ),
    (
        "what is too long ends what was there",
        &[
            (LOOK, "VA 0 kk f0 c<A> t-1 W||MN|"),
            ("ms k 9000000 T60 F7 C@1|*9000000|", TOO_LARGE),
            (LOOK, "VA 0 kk f0 c<B> t-1 W||MN|"),
            ("ms k 3 T60|old|", "HD|"),
            ("ms k 9000000 T60|*9000000|", TOO_LARGE),
            (LOOK, "VA 0 kk f0 c<C> t-1 W||MN|"),
            ("set k 7 60 3|old|", "STORED|"),
            ("add k 7 60 9000000|*9000000|", TOO_LARGE),
            ("get k|", "VALUE k 7 3|old|END|"),
            ("set k 7 60 9000000|*9000000|", TOO_LARGE),
            ("get k|", "END|"),
        ],
    ),
    (
        "nothing is stored after a purge",
        &[
            (LOOK, "VA 0 kk f0 c<A> t-1 W||MN|"),
            ("md k|", "HD|"),
            ("md k|", "NF|"),
            ("ms k 3 T60 F0 C@1|old|", "NF|"),
            ("mg k k s c t|", "EN kk|"),
        ],
    ),
    (
        "who refreshes early is told by the time left",
        &[
            ("ms k 4 T60 F7|body|", "HD|"),
            ("mg k k s c t R50|", "HD kk s4 c<A> t60|"),
            ("mg k k s c t R100|", "HD kk s4 c<A> t60 W|"),
            ("mg k k s c t R100|", "HD kk s4 c<A> t60 Z|"),
            (LOOK, "VA 4 kk f7 c<A> t60 Z|body|MN|"),
            ("ms k 4 T60 F7 C@3|new!|", "HD|"),
            (LOOK, "VA 4 kk f7 c<B> t60|new!|MN|"),
            ("ms k 1 T0 F0|x|", "HD|"),
            ("mg k k s c t R100|", "HD kk s1 c<C> t-1|"),
        ],
    ),
    (
        "who was to refresh early is gone",
        &[
            ("ms k 4 T4 F7|body|", "HD|"),
            ("mg k v c t N30 R10|", "VA 4 c<A> t4 W|body|"),
            ("mg k v c t N30 R10|", "VA 4 c<A> t4 Z|body|"),
            ("50", ""),
            ("mg k v c t N30 R10|", "VA 0 c<B> t-1 W||"),
        ],
    ),
    (
        "a soft purge lets one refresh",
        &[
            ("ms k 4 T60 F7|body|", "HD|"),
            ("md k I T30|", "HD|"),
            // Who reads so takes nothing and sees nothing.
            ("get k|", "VALUE k 7 4|body|END|"),
            ("gets k|", "VALUE k 7 4 <A>|body|END|"),
            (LOOK, "VA 4 kk f7 c<A> t30 X W|body|MN|"),
            (LOOK, "VA 4 kk f7 c<A> t30 Z X|body|MN|"),
            ("ms k 4 T60 F7 C@5|new!|", "HD|"),
            (LOOK, "VA 4 kk f7 c<B> t60|new!|MN|"),
            ("md k I|", "HD|"),
            // Asking for what is known takes the right as well.
            ("mg k k s c t|", "HD kk s4 c<C> t60 X W|"),
            ("mg k k s c t|", "HD kk s4 c<C> t60 Z X|"),
            ("md k I T40|", "HD|"),
            ("ms k 4 T60 F7 C@10|old!|", "EX|"),
            (LOOK, "VA 4 kk f7 c<D> t40 X W|new!|MN|"),
        ],
    ),
    (
        "a stale item ends in its time",
        &[
            ("ms k 4 T60 F7|body|", "HD|"),
            ("md k I T2|", "HD|"),
            (LOOK, "VA 4 kk f7 c<A> t2 X W|body|MN|"),
            ("30", ""),
            (LOOK, "VA 0 kk f0 c<B> t-1 W||MN|"),
            ("ms k 4 T60 F7 C@3|late|", "EX|"),
        ],
    ),
    (
        "a soft purge of what is being made",
        &[
            (LOOK, "VA 0 kk f0 c<A> t-1 W||MN|"),
            ("md k I T30|", "HD|"),
            (LOOK, "VA 0 kk f0 c<B> t30 X W||MN|"),
            ("ms k 3 T60 F0 C@1|old|", "EX|"),
        ],
    ),
    (
        "one of those who wait takes over",
        &[
            ("ms k 4 T60 F7|body|", "HD|"),
            ("md k I T40|", "HD|"),
            (LOOK, "VA 4 kk f7 c<A> t40 X W|body|MN|"),
            (LOOK, "VA 4 kk f7 c<A> t40 Z X|body|MN|"),
            ("md k I C@4|", "HD|"),
            ("md k I C@4|", "EX|"),
            (LOOK, "VA 4 kk f7 c<B> t40 X W|body|MN|"),
            ("ms k 4 T60 F7 C@3|dead|", "EX|"),
            ("ms k 4 T60 F7 C@7|new!|", "HD|"),
            (LOOK, "VA 4 kk f7 c<C> t60|new!|MN|"),
            ("md k|", "HD|"),
            (LOOK, "VA 0 kk f0 c<D> t-1 W||MN|"),
            (LOOK, "VA 0 kk f0 c<D> t30 Z||MN|"),
            ("md k C@13|", "HD|"),
            ("md k C@13|", "NF|"),
            (LOOK, "VA 0 kk f0 c<E> t-1 W||MN|"),
            ("ms k 3 T60 F0 C@12|old|", "EX|"),
        ],
    ),
    (
        "a batch",
        &[
            ("ms a 1 T60 F7|x|", "HD|"),
            (
                "mg b k f c t v N30 q|mg a k f c t v N30 q|mg c k f c t v N30 q|mn|",
                "VA 0 kb f0 c<A> t-1 W||VA 1 ka f7 c<B> t60|x|VA 0 kc f0 c<C> t-1 W||MN|",
            ),
        ],
    ),
    (
        "a marker",
        &[
            (LOOK, "VA 0 kk f0 c<A> t-1 W||MN|"),
            ("ms k 0 T120 F65537 C@1||", "HD|"),
            (LOOK, "VA 0 kk f65537 c<B> t120||MN|"),
            ("ms k 4 T60 F7 C@3|page|", "HD|"),
        ],
    ),
    (
        "how others see an item that is being made",
        &[
            (LOOK, "VA 0 kk f0 c<A> t-1 W||MN|"),
            ("get k|", "VALUE k 0 0||END|"),
            ("gets k|", "VALUE k 0 0 <A>||END|"),
            ("add k 0 60 1|x|", "NOT_STORED|"),
            ("cas k 7 60 1 @1|x|", "STORED|"),
            (LOOK, "VA 1 kk f7 c<B> t60|x|MN|"),
            ("delete k|", "DELETED|"),
            (LOOK, "VA 0 kk f0 c<C> t-1 W||MN|"),
            ("replace k 0 60 1|x|", "STORED|"),
            (LOOK, "VA 1 kk f0 c<D> t60|x|MN|"),
        ],
    ),
    (
        "a lock without meta commands",
        &[
            ("get k l|", "END|"),
            ("add l 0 5 3|id1|", "STORED|"),
            ("add l 0 5 3|id2|", "NOT_STORED|"),
            ("set k 7 60 4|body|", "STORED|"),
            ("delete l|", "DELETED|"),
            ("get k l|", "VALUE k 7 4|body|END|"),
        ],
    ),
    ("whether there are meta commands", &[("mn|", "MN|")]),
];

/// Replays exchanges against an empty server, whose seconds may differ by `slack`.
/// `ask` gives what comes for a command, so many lines; `wait` lets tenths of a second
/// pass, or more, until the item has expired.
///
/// # Errors
/// Something else comes.
pub fn replay(
    exchanges: &[Exchange],
    slack: u64,
    mut ask: impl FnMut(&str, usize) -> String,
    mut wait: impl FnMut(u64),
) -> Result<(), String> {
    let mut versions = Versions::default();
    for (send, expected) in exchanges {
        if let Ok(tenths) = send.parse() {
            wait(tenths);
            versions.0.push(None);
            continue;
        }
        let send = with_block(&versions.put_into(send));
        let lines = expected.matches('|').count();
        let got = ask(&send.replace('|', "\r\n"), lines).replace("\r\n", "|");
        let expected = versions.learn(expected, &got);
        if !is_same(&expected, &got, slack) {
            let send: String = send.chars().take(80).collect();
            return Err(format!("{send:?}: {got:?} instead of {expected:?}"));
        }
    }
    Ok(())
}

/// The command, with a block of the length that it names.
fn with_block(send: &str) -> String {
    let Some((before, after)) = send.split_once('*') else {
        return send.into();
    };
    let (len, after) = after.split_once('|').expect("the end of a block");
    format!(
        "{before}{}|{after}",
        "x".repeat(len.parse().expect("a length"))
    )
}

fn is_same(expected: &str, got: &str, slack: u64) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split_inclusive(|letter| " |".contains(letter));
        words.map(str::to_owned).collect()
    };
    let secs = |word: &str| -> Option<u64> {
        let word = word.trim_end_matches([' ', '|']);
        word.strip_prefix('t')?.parse().ok()
    };
    let (expected, got) = (words(expected), words(got));
    expected.len() == got.len()
        && expected.iter().zip(&got).all(|(expected, got)| {
            let pair = secs(expected).zip(secs(got));
            expected == got || pair.is_some_and(|(a, b)| a.abs_diff(b) <= slack)
        })
}

/// The version in each reply so far.
#[derive(Default)]
struct Versions(Vec<Option<(char, String)>>);

impl Versions {
    /// The command with the versions that it names.
    fn put_into(&self, send: &str) -> String {
        let Some((before, after)) = send.split_once('@') else {
            return send.into();
        };
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        let at: usize = digits.parse().expect("the number of a reply");
        let (_, version) = self.0[at - 1].as_ref().expect("a version in that reply");
        format!("{before}{version}{}", &after[digits.len()..])
    }

    /// The expected reply with the versions that it names, as they were before or are
    /// in `got`.
    fn learn(&mut self, expected: &str, got: &str) -> String {
        let mut filled = String::new();
        let mut rest = expected;
        let mut first = None;
        while let Some((before, after)) = rest.split_once('<') {
            filled += before;
            let letter = after.chars().next().expect("a letter");
            let known = self.0.iter().flatten().find(|(of, _)| *of == letter);
            let version = known.map(|(_, version)| version.clone()).or_else(|| {
                let start = got.get(filled.len()..)?;
                Some(start.chars().take_while(char::is_ascii_digit).collect())
            });
            let version = version.unwrap_or_default();
            filled += &version;
            first.get_or_insert((letter, version));
            rest = &after[2..];
        }
        self.0.push(first);
        filled + rest
    }
}

//! How much memory the near cache takes, and what it keeps.

use core::time::Duration;
use std::env;
use std::fs;
use std::process::Command;
use std::rc::Rc;
use std::sync::Mutex;

use memcached_core::lookup::near::Page;
use memcached_core::lookup::{Begin, Lookups, Place, ServerId, Waiter};
use memcached_core::protocol::{Key, Pieces, Value};
use memcached_core::server::{Failure, Outcome};
use memcached_core::stored::Head;
use memcached_core::testing::lookup::target;
use memcached_core::time::Time;

/// As the host has it: a counted reference to a buffer with bytes of their exact number.
type Piece = Rc<(Vec<u8>, [u64; 3])>;

type Near = Lookups<u32, Piece>;

const MEGABYTE: u64 = 1024 * 1024;
const NEAR: Duration = Duration::from_secs(10);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Bytes of memory that the process takes.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

fn key(number: u64) -> Key {
    Key::new(format!("http://example.org/a/page/{number}").as_bytes()).unwrap()
}

/// Asks for a key; whether it was there. If not, it is kept with so many bytes of body.
fn ask(near: &mut Near, now: Time, number: u64, len: usize, with_head: bool) -> bool {
    let place = Place {
        server: ServerId(0),
        key: key(number),
    };
    if near.near().find(now, &place, NEAR).is_some() {
        return true;
    }
    let waiter = begin(near, now, &place.key);
    let reading = waiter.reading();
    let flight = near.poll_submit().unwrap();
    flight.handle_outcome(Outcome::Failed(Failure::TimedOut));
    while near.poll_wake().is_some() {}
    assert_eq!(near.leave(waiter), None);
    near.keep_near(now, &reading, place, None, len as u64, || {
        page(len, with_head)
    });
    false
}

fn begin(near: &mut Near, now: Time, key: &Key) -> Waiter<u32, Piece> {
    match near.begin(now, target(0, 0, 500), key, 0) {
        Begin::Pending(waiter) => waiter,
        Begin::Ready(result) => panic!("{result:?}"),
    }
}

fn page(len: usize, with_head: bool) -> Page<Piece> {
    let mut bytes = Vec::with_capacity(len);
    if with_head {
        bytes.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        for number in 0..11 {
            bytes.extend_from_slice(format!("X-Header-{number}: some value\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.resize(len.max(bytes.len()), b'x');
    let head = with_head.then(|| {
        let head = Head::parse([&bytes].into_iter(), 0);
        head.unwrap().into_owned()
    });
    let mut pieces = Pieces::default();
    let len = bytes.len() as u64;
    pieces.push(Rc::new((bytes, [0; 3])));
    let value = Value {
        flags: 0,
        marks: None,
        len,
        pieces,
    };
    Page::new(value, head)
}

/// Bytes of the largest value, and whether values have heads.
const SIZES: [(u64, bool); 3] = [(16, false), (4096, false), (2048, true)];

/// Which of these a process that the test has started is for.
const CASE: &str = "NEAR_MEMORY_CASE";

#[test]
fn a_million_keys_take_no_more_than_the_bound() {
    let Ok(case) = env::var(CASE) else {
        for (case, sizes) in SIZES.iter().enumerate() {
            let name = "a_million_keys_take_no_more_than_the_bound";
            let mut itself = Command::new(env::current_exe().expect("it runs"));
            itself.args([name, "--exact", "--nocapture"]);
            let status = itself.env(CASE, case.to_string()).status();
            assert!(status.expect("it can be run").success(), "{sizes:?}");
        }
        return;
    };
    let (largest, with_head) = SIZES[case.parse::<usize>().expect("a number")];
    million_keys(largest, with_head);
}

fn million_keys(largest: u64, with_head: bool) {
    const BOUND: u64 = 32 * MEGABYTE;
    let mut near = Near::with_near(BOUND);
    let mut random = Random(88_172_645_463_325_252);
    let before = resident();
    for number in 0..1_000_000 {
        let len = usize::try_from(random.below(largest)).unwrap();
        ask(&mut near, Time::default(), number, len, with_head);
    }
    let taken = resident().saturating_sub(before);
    let count = near.near().len();
    println!("up to {largest} bytes, heads {with_head}: {taken} of {BOUND}, {count} values");
    assert!(near.near().size() <= BOUND);
    assert!(near.near().size() >= BOUND / 10 * 8, "it is used");
    assert!(taken <= BOUND + BOUND / 10, "{taken}");
    assert_eq!(near.near().stats().kept, 1_000_000);
}

/// A day in which pages are out of date again and again.
#[test]
fn a_day_does_not_make_it_grow() {
    let _one = ONE_AT_A_TIME.lock();
    let mut near = Near::with_near(8 * MEGABYTE);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut taken = Vec::new();
    for second in 0..24 * 3600 {
        let now = Time::default() + Duration::from_secs(second);
        for _ in 0..20 {
            // Pages come and go: each hour there are others.
            let number = random.below(20_000) + second / 3600 * 10_000;
            let len = usize::try_from(random.below(3000)).unwrap();
            ask(&mut near, now, number, len, false);
        }
        if second % 3600 == 0 {
            taken.push(resident());
        }
    }
    let (early, late) = (taken[3], taken[23]);
    assert!(late <= early + MEGABYTE, "{taken:?}");
    assert!(near.near().size() <= 8 * MEGABYTE);
}

/// How often each of so many keys is asked for is as its place from the first, to the power of -1.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(keys: usize) -> Self {
        let mut sum = 0.0;
        let weights = (1..=u32::try_from(keys).unwrap()).map(|at| {
            sum += 1.0 / f64::from(at);
            sum
        });
        Self(weights.collect())
    }

    fn next(&self, random: &mut Random) -> u64 {
        let most = u32::try_from(random.below(1 << 32)).unwrap();
        let point = f64::from(most) / f64::from(u32::MAX) * self.0[self.0.len() - 1];
        self.0.partition_point(|sum| *sum < point) as u64
    }

    /// How many hits there would be if the first keys were always there.
    fn of_first(&self, keys: usize) -> f64 {
        self.0[keys.min(self.0.len()) - 1] / self.0[self.0.len() - 1]
    }
}

#[test]
fn it_has_what_is_asked_for_often() {
    const KEYS: usize = 10_000;
    let _one = ONE_AT_A_TIME.lock();
    let zipf = Zipf::new(KEYS);
    // Of a hundred requests so many are for a page that is asked for once.
    for (once, missing) in [(0, 0.02), (25, 0.06)] {
        let mut near = Near::with_near(8 * MEGABYTE);
        let mut random = Random(2_463_534_242);
        let (mut hits, mut asked, mut others) = (0.0, 0.0, KEYS as u64);
        for request in 0..600_000 {
            if random.below(100) < once {
                others += 1;
                ask(&mut near, Time::default(), others, 1024, false);
                continue;
            }
            let number = zipf.next(&mut random);
            let hit = ask(&mut near, Time::default(), number, 1024, false);
            if request >= 200_000 {
                asked += 1.0;
                hits += if hit { 1.0 } else { 0.0 };
            }
        }
        let fit = near.near().len();
        let (ideal, ratio) = (zipf.of_first(fit), hits / asked);
        println!("{once} % once: {ratio:.3} of {ideal:.3}, {fit} items");
        assert!(ratio >= ideal - missing, "{ratio} of {ideal}");
    }
}

use super::*;
use crate::protocol::Retrieve;
use crate::server::{Limits, Server};
use crate::testing::server::{SPEC, SimTypes};
use crate::time::Time;
use proptest::prelude::*;

/// An asker is a number, and an answer the number of its request.
type Numbered = Joining<u32, u32>;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn key(name: &str) -> Key {
    Key::new(name.as_bytes()).unwrap()
}

/// Names of requests, as a server gives them.
fn request_ids(count: usize) -> Vec<RequestId> {
    let mut server = Server::<SimTypes>::new(SPEC, Limits::default());
    let request = || Retrieve::one(key("k")).into();
    (0..count)
        .map(|_| server.submit(Time::default(), request(), ms(500), 0))
        .collect::<Result<_, _>>()
        .unwrap()
}

fn first(place: Asked) -> (AskerId, GroupId) {
    match place {
        Asked::First(asker, group) => (asker, group),
        Asked::Joined(asker) => panic!("{asker:?} was joined"),
    }
}

fn joined(place: Asked) -> AskerId {
    match place {
        Asked::Joined(asker) => asker,
        Asked::First(asker, _) => panic!("{asker:?} was not joined"),
    }
}

fn answer(joining: &mut Numbered, group: GroupId, answer: u32) -> Vec<u32> {
    let mut told = Vec::new();
    joining.answer(group, answer, |asker| told.push(asker));
    told
}

#[test]
fn one_answer_for_all_who_asked_meanwhile() {
    let mut joining = Numbered::default();
    let (a, group) = first(joining.ask(&key("k"), ms(500), 1));
    let b = joined(joining.ask(&key("k"), ms(500), 2));
    let (_, other) = first(joining.ask(&key("l"), ms(500), 3));
    assert_eq!(joining.take(a), Taken::NotYet);
    assert_eq!(answer(&mut joining, group, 77), [1, 2]);
    // What is answered is not for those who ask later.
    let (d, later) = first(joining.ask(&key("k"), ms(500), 4));
    assert_eq!(joining.take(b), Taken::Answer(77));
    assert_eq!(joining.take(b), Taken::Unknown);
    assert_eq!(joining.take(a), Taken::Answer(77));
    assert_eq!(joining.take(a), Taken::Unknown);
    assert_eq!(answer(&mut joining, later, 78), [4]);
    assert_eq!(joining.take(d), Taken::Answer(78));
    assert_eq!(answer(&mut joining, other, 79), [3]);
}

#[test]
fn nobody_joins_what_was_asked_before_a_change() {
    let mut joining = Numbered::default();
    let (a, before) = first(joining.ask(&key("k"), ms(500), 1));
    joining.changed(&key("l"));
    let b = joined(joining.ask(&key("k"), ms(500), 2));
    joining.changed(&key("k"));
    let (c, after) = first(joining.ask(&key("k"), ms(500), 3));
    let d = joined(joining.ask(&key("k"), ms(500), 4));
    // The older answer, though later, leaves the newer group to be joined.
    assert_eq!(answer(&mut joining, before, 10), [1, 2]);
    let last = joined(joining.ask(&key("k"), ms(500), 5));
    assert_eq!(answer(&mut joining, after, 11), [3, 4, 5]);
    for (asker, expected) in [(a, 10), (b, 10), (c, 11), (d, 11), (last, 11)] {
        assert_eq!(joining.take(asker), Taken::Answer(expected));
    }
    assert!(joining.groups.is_empty());
}

#[test]
fn other_times_are_another_request() {
    let mut joining = Numbered::default();
    let (_, slow) = first(joining.ask(&key("k"), ms(5000), 1));
    let (_, quick) = first(joining.ask(&key("k"), ms(100), 2));
    joined(joining.ask(&key("k"), ms(100), 3));
    assert_eq!(answer(&mut joining, slow, 10), [1]);
    assert_eq!(answer(&mut joining, quick, 11), [2, 3]);
}

#[test]
fn only_the_last_who_leaves_cancels() {
    let ids = request_ids(1);
    let mut joining = Numbered::default();
    let (a, group) = first(joining.ask(&key("k"), ms(500), 1));
    joining.submitted(group, ids[0]);
    let b = joined(joining.ask(&key("k"), ms(500), 2));
    assert_eq!(joining.leave(a), None);
    assert_eq!(joining.leave(a), None, "it has left already");
    let c = joined(joining.ask(&key("k"), ms(500), 3));
    assert_eq!(joining.leave(c), None);
    assert_eq!(joining.leave(b), Some(ids[0]));
    assert_eq!(answer(&mut joining, group, 10), [0; 0]);
    assert!(joining.groups.is_empty());
}

#[test]
fn who_leaves_with_the_answer_there_cancels_nothing() {
    let ids = request_ids(1);
    let mut joining = Numbered::default();
    let (a, group) = first(joining.ask(&key("k"), ms(500), 1));
    joining.submitted(group, ids[0]);
    let b = joined(joining.ask(&key("k"), ms(500), 2));
    assert_eq!(answer(&mut joining, group, 10), [1, 2]);
    assert_eq!(joining.leave(a), None);
    assert_eq!(joining.take(b), Taken::Answer(10));
    assert!(joining.groups.is_empty());
}

#[test]
fn a_refused_request_leaves_nothing() {
    let mut joining = Numbered::default();
    let (a, _) = first(joining.ask(&key("k"), ms(500), 1));
    assert_eq!(joining.leave(a), None);
    assert!(joining.groups.is_empty());
    first(joining.ask(&key("k"), ms(500), 2));
    assert_eq!(joining.into_waiting().collect::<Vec<_>>(), [2]);
}

#[derive(Clone, Debug)]
enum Step {
    Ask { key: usize, quick: bool },
    Change { key: usize },
    Answer { group: usize },
    Take { asker: usize },
    Leave { asker: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize, any::<bool>()).prop_map(|(key, quick)| Step::Ask { key, quick }),
        1 => (0..3_usize).prop_map(|key| Step::Change { key }),
        2 => (0..8_usize).prop_map(|group| Step::Answer { group }),
        3 => (0..16_usize).prop_map(|asker| Step::Take { asker }),
        2 => (0..16_usize).prop_map(|asker| Step::Leave { asker }),
    ]
}

/// What is known of an asker: its name, key, and the groups that may answer it.
struct Asker {
    id: AskerId,
    number: u32,
    group: u32,
    told: bool,
    /// Has taken its answer, or has left.
    gone: bool,
}

struct Open {
    id: GroupId,
    number: u32,
    key: usize,
    opened_at: usize,
}

proptest! {
    /// Against a list of everything that happened.
    #[test]
    fn random_steps(steps in proptest::collection::vec(step(), 1..200)) {
        let keys = [key("a"), key("b"), key("c")];
        let ids = request_ids(steps.len());
        let mut joining = Numbered::default();
        let mut askers: Vec<Asker> = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        let mut changed_at = [0; 3];
        for (at, step) in steps.into_iter().enumerate() {
            let number = u32::try_from(at).unwrap();
            match step {
                Step::Ask { key, quick } => {
                    let timeout = ms(if quick { 100 } else { 500 });
                    let (id, group) = match joining.ask(&keys[key], timeout, number) {
                        Asked::Joined(id) => {
                            let joined = open.iter().find(|o| o.id == id.group).unwrap();
                            prop_assert_eq!(joined.key, key);
                            prop_assert!(joined.opened_at >= changed_at[key]);
                            (id, joined.number)
                        }
                        Asked::First(id, group) => {
                            joining.submitted(group, ids[at]);
                            open.push(Open { id: group, number, key, opened_at: at });
                            (id, number)
                        }
                    };
                    askers.push(Asker { id, number, group, told: false, gone: false });
                }
                Step::Change { key } => {
                    joining.changed(&keys[key]);
                    changed_at[key] = at;
                }
                Step::Answer { group } if group < open.len() => {
                    let group = open.remove(group);
                    let told = answer(&mut joining, group.id, group.number);
                    let mut expected = Vec::new();
                    for asker in askers.iter_mut().filter(|a| a.group == group.number && !a.gone) {
                        asker.told = true;
                        expected.push(asker.number);
                    }
                    prop_assert_eq!(told, expected);
                }
                Step::Take { asker } if asker < askers.len() => {
                    let asker = &mut askers[asker];
                    let expected = match (asker.gone, asker.told) {
                        (true, _) => Taken::Unknown,
                        (false, false) => Taken::NotYet,
                        (false, true) => Taken::Answer(asker.group),
                    };
                    prop_assert_eq!(joining.take(asker.id), expected);
                    asker.gone |= asker.told;
                }
                Step::Leave { asker } if asker < askers.len() => {
                    let cancelled = joining.leave(askers[asker].id);
                    let left = &askers[asker];
                    let (group, told) = (left.group, left.told);
                    let last = !askers
                        .iter()
                        .enumerate()
                        .any(|(n, a)| a.group == group && !a.gone && n != asker);
                    let cancels = !askers[asker].gone && !told && last;
                    prop_assert_eq!(cancelled, cancels.then(|| ids[group as usize]));
                    askers[asker].gone = true;
                    if cancels {
                        open.retain(|o| o.number != group);
                    }
                }
                _ => {}
            }
        }
        for asker in &askers {
            joining.leave(asker.id);
        }
        prop_assert!(joining.groups.is_empty());
        prop_assert!(joining.joinable.is_empty());
    }
}

//! For what a stored page may be used.

use core::time::Duration;

use super::kind::Page;
use super::means::Means;
use crate::protocol::Marks;
use crate::time::Time;

/// What may be done with a page that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serve {
    /// It may be served now, fresh or while it is made anew.
    Now,
    /// It may be served if it cannot be made anew.
    OnError,
    /// It may not be served.
    Never,
}

/// How far a page is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Age {
    /// It is not out of date.
    pub(super) is_fresh: bool,
    /// It is to be made anew.
    pub(super) is_due: bool,
    pub(super) serve: Serve,
    /// How long it may be served without a reason.
    pub(super) served: Duration,
    /// How long it may be served at all.
    pub(super) usable: Duration,
    /// Seconds until the item is gone; `None` if it stays.
    pub(super) left: Option<u32>,
}

/// Whoever sees an item that never ends forgets after so long what it saw.
const FOREVER: u32 = 3600;

impl Age {
    /// The age of a page, which is made anew `early` seconds before it is out of
    /// date.
    pub(super) fn of(page: &Page, marks: &Marks, means: Means, early: u32) -> Self {
        let left = match means {
            Means::Meta => marks.ttl_left,
            Means::Classic | Means::Unlocked => page.left,
        };
        let secs = left.unwrap_or(FOREVER);
        let is_fresh = !marks.stale && left.is_none_or(|left| left > page.extra);
        let early = page.extra.saturating_add(early);
        let is_due = !is_fresh || left.is_some_and(|left| left <= early);
        // Seconds that are left of a window of so many.
        let within = |window: u32| secs.saturating_sub(page.extra.saturating_sub(window));
        let windows = || {
            let served = within(page.while_revalidate);
            (served, served.max(within(page.if_error)))
        };
        let (served, usable) = if is_fresh {
            (secs, secs)
        } else if !marks.stale {
            windows()
        } else if !page.when_marked {
            (0, 0)
        } else if page.is_whole(left) {
            // The mark only gives the right to make it to somebody else.
            windows()
        } else {
            (secs, secs)
        };
        let serve = match () {
            () if served > 0 => Serve::Now,
            () if usable > 0 => Serve::OnError,
            () => Serve::Never,
        };
        Self {
            is_fresh,
            is_due,
            serve,
            served: Duration::from_secs(served.into()),
            usable: Duration::from_secs(usable.into()),
            left,
        }
    }

    /// Until when what is known of the item counts.
    pub(super) fn end(&self, now: Time) -> Time {
        now + Duration::from_secs(self.left.unwrap_or(FOREVER).into())
    }
}

impl Page {
    /// Whether its item lives as long as its head says: a purge cuts that short, so that
    /// its windows cannot be told any more.
    fn is_whole(&self, left: Option<u32>) -> bool {
        /// Both are cut off to seconds.
        const TOLERANCE: u32 = 2;
        match (left, self.left) {
            (Some(left), Some(by_clock)) => left.saturating_add(TOLERANCE) >= by_clock,
            (None, _) | (_, None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(left: Option<u32>, stale: bool, early: u32) -> Age {
        let page = Page {
            extra: 30,
            while_revalidate: 10,
            if_error: 30,
            when_marked: true,
            left: Some(1000),
        };
        let marks = Marks {
            ttl_left: left,
            stale,
            ..Marks::default()
        };
        Age::of(&page, &marks, Means::Meta, early)
    }

    #[test]
    fn the_windows_of_a_page() {
        for (left, stale, fresh, due, serve, usable) in [
            (None, false, true, false, Serve::Now, 3600),
            (Some(36), false, true, false, Serve::Now, 36),
            (Some(35), false, true, true, Serve::Now, 35),
            (Some(31), false, true, true, Serve::Now, 31),
            (Some(30), false, false, true, Serve::Now, 30),
            (Some(21), false, false, true, Serve::Now, 21),
            (Some(20), false, false, true, Serve::OnError, 20),
            (Some(1), false, false, true, Serve::OnError, 1),
            (Some(36), true, false, true, Serve::Now, 36),
            (Some(1), true, false, true, Serve::Now, 1),
            (None, true, false, true, Serve::Now, 3600),
        ] {
            let age = age(left, stale, 5);
            assert_eq!(
                (age.is_fresh, age.is_due, age.serve, age.usable.as_secs()),
                (fresh, due, serve, usable),
                "{left:?} {stale}"
            );
        }
    }

    /// One that was released has its windows, as far as the clocks agree.
    #[test]
    fn a_mark_that_cuts_nothing_short() {
        for (left, by_clock, serve, served, usable) in [
            (36, 36, Serve::Now, 16, 36),
            (21, 22, Serve::Now, 1, 21),
            (20, 22, Serve::OnError, 0, 20),
            (1, 0, Serve::OnError, 0, 1),
            // It was cut short, or nobody can tell.
            (20, 23, Serve::Now, 20, 20),
            (20, 600, Serve::Now, 20, 20),
        ] {
            let page = Page {
                extra: 30,
                while_revalidate: 10,
                if_error: 30,
                when_marked: true,
                left: Some(by_clock),
            };
            let marks = Marks {
                ttl_left: Some(left),
                stale: true,
                ..Marks::default()
            };
            let of = |page: &Page| {
                let age = Age::of(page, &marks, Means::Meta, 0);
                assert!(!age.is_fresh && age.is_due);
                (age.serve, age.served.as_secs(), age.usable.as_secs())
            };
            assert_eq!(of(&page), (serve, served, usable), "{left} {by_clock}");
            let untold = Page { left: None, ..page };
            let all = u64::from(left);
            assert_eq!(of(&untold), (Serve::Now, all, all));
            let never = Page {
                when_marked: false,
                ..page
            };
            assert_eq!(of(&never), (Serve::Never, 0, 0));
        }
    }

    #[test]
    fn a_page_that_may_never_be_stale() {
        let page = Page::default();
        let of = |left, stale| {
            let marks = Marks {
                ttl_left: left,
                stale,
                ..Marks::default()
            };
            Age::of(&page, &marks, Means::Meta, 0)
        };
        assert!(of(Some(1), false).is_fresh && !of(Some(1), false).is_due);
        assert_eq!(of(Some(0), false).serve, Serve::Never);
        assert_eq!(of(Some(9), true).serve, Serve::Never);
    }

    #[test]
    fn the_clock_counts_where_the_server_does_not_tell() {
        let page = Page {
            extra: 30,
            left: Some(31),
            ..Page::default()
        };
        for means in [Means::Classic, Means::Unlocked] {
            assert!(Age::of(&page, &Marks::default(), means, 0).is_fresh);
            let page = Page {
                left: Some(30),
                ..page
            };
            assert!(!Age::of(&page, &Marks::default(), means, 0).is_fresh);
            let page = Page { left: None, ..page };
            assert!(Age::of(&page, &Marks::default(), means, 0).is_fresh);
        }
    }
}

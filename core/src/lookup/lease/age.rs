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
        let (serve, usable) = if is_fresh {
            (Serve::Now, secs)
        } else if marks.stale {
            // The mark may have cut its life short, so that its windows cannot be
            // told any more.
            match page.when_marked {
                true => (Serve::Now, secs),
                false => (Serve::Never, 0),
            }
        } else {
            let usable = within(page.while_revalidate.max(page.if_error));
            let serve = match () {
                () if within(page.while_revalidate) > 0 => Serve::Now,
                () if usable > 0 => Serve::OnError,
                () => Serve::Never,
            };
            (serve, usable)
        };
        Self {
            is_fresh,
            is_due,
            serve,
            usable: Duration::from_secs(usable.into()),
            left,
        }
    }

    /// Until when what is known of the item counts.
    pub(super) fn end(&self, now: Time) -> Time {
        now + Duration::from_secs(self.left.unwrap_or(FOREVER).into())
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

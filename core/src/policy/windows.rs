//! How long a response may be served after its lifetime.

/// Seconds after the end of a response's lifetime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    /// In which it may be served while it is made anew.
    pub while_revalidate: u32,
    /// In which it may be served if making it anew fails.
    pub if_error: u32,
    /// In which it is kept, but never served: the backend can be asked whether it is
    /// still right.
    pub kept: u32,
}

impl Windows {
    /// It may not be served.
    pub const NONE: Self = Self {
        while_revalidate: 0,
        if_error: 0,
        kept: 0,
    };

    /// The longest of them: for so long its item lives on.
    #[must_use]
    pub fn longest(self) -> u32 {
        self.while_revalidate.max(self.if_error).max(self.kept)
    }

    /// All cut to `secs`.
    #[must_use]
    pub fn at_most(self, secs: u32) -> Self {
        Self {
            while_revalidate: self.while_revalidate.min(secs),
            if_error: self.if_error.min(secs),
            kept: self.kept.min(secs),
        }
    }

    /// What is allowed so many seconds after the end of the lifetime.
    #[must_use]
    pub fn after(self, secs: u64) -> Servable {
        if secs < self.while_revalidate.into() {
            Servable::WhileRevalidate
        } else if secs < self.if_error.into() {
            Servable::IfError
        } else {
            Servable::Gone
        }
    }
}

/// Whether a stored response may be served now. What a request says in
/// `Cache-Control` does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Servable {
    /// It may.
    Fresh,
    /// It may while it is made anew.
    WhileRevalidate,
    /// It may if making it anew fails.
    IfError,
    /// It may not.
    Gone,
}

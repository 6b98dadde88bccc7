//! Backends of models.

/// What an answer of the backend is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Storable,
    NotStorable,
    Private,
    Authorized,
    Fails,
}

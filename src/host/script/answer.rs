//! Answers to commands of scripts.

use std::rc::Rc;

use super::super::buffer::BufferSlice;
use super::super::ffi;

/// The result of a command, as a script sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Code {
    /// Done, or found.
    Ok = ffi::MMC_CODE_OK,
    /// The item that is there, or its absence, was in the way.
    NotStored = ffi::MMC_CODE_NOT_STORED,
    /// The item has another version.
    Exists = ffi::MMC_CODE_EXISTS,
    /// There is no item.
    NotFound = ffi::MMC_CODE_NOT_FOUND,
    /// It could not be done.
    Error = ffi::MMC_CODE_ERROR,
}

/// A value that was found.
pub(crate) struct AnswerValue {
    /// What it was stored with.
    pub(crate) flags: u32,
    /// Its version.
    pub(crate) cas: Option<u64>,
    /// Its bytes.
    pub(crate) data: AnswerData,
}

/// The bytes of a value, in one piece.
pub(crate) enum AnswerData {
    /// As they were read.
    Read(BufferSlice),
    /// Put together.
    Whole(Vec<u8>),
}

impl AsRef<[u8]> for AnswerData {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Read(slice) => slice.as_ref(),
            Self::Whole(bytes) => bytes,
        }
    }
}

/// The answer to a command.
pub(crate) struct Answer {
    /// The result.
    pub(crate) code: Code,
    /// What was wrong, for [`Code::Error`].
    pub(crate) error: String,
    /// The number that was counted.
    pub(crate) number: Option<u64>,
    /// What was found, or why it is not known, for each key that is not missing, by its
    /// number.
    pub(crate) values: Vec<(usize, Result<AnswerValue, Rc<str>>)>,
}

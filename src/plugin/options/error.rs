//! What can be wrong with an option list.

use std::fmt;

use super::raw::NAMES;

/// What is wrong with an option list. Displayed without the action's name,
/// which the one who logs it puts in front.
#[derive(Debug)]
pub enum OptionError {
    NotAList(&'static str),
    NotAPair,
    DefaultKey,
    Unknown(String),
    Duplicate(&'static str),
    Value {
        option: &'static str,
        expected: &'static str,
        found: String,
    },
    Address(String),
    Pattern(String),
    NeedsHeaders(&'static str),
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAList(found) => write!(
                f,
                "expected a list of options such as [\"key\" => \"...\"], found {found}"
            ),
            Self::NotAPair => f.write_str(
                "expected options of the form \"name\" => value, found an entry of another form",
            ),
            Self::DefaultKey => {
                f.write_str("every option needs a name, a default entry is not allowed")
            }
            Self::Unknown(name) => write!(
                f,
                "unknown option \"{name}\", expected one of {}",
                NAMES.join(", ")
            ),
            Self::Duplicate(option) => write!(f, "option \"{option}\" is given twice"),
            Self::Value {
                option,
                expected,
                found,
            } => write!(f, "option \"{option}\" must be {expected}, found {found}"),
            Self::Address(text) => write!(
                f,
                "option \"server\": cannot use address \"{text}\", expected IP:PORT, \
                 [IPv6]:PORT or unix:/absolute/path of at most 107 bytes"
            ),
            Self::Pattern(text) => write!(f, "option \"key\": cannot parse pattern \"{text}\""),
            Self::NeedsHeaders(option) => {
                write!(f, "option \"{option}\" needs \"headers\" => true beside it")
            }
        }
    }
}

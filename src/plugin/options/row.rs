//! What is made of the table of options.

use super::error::OptionError;
use super::given::{Given, Value};

/// One row: an option of `O`, which is a set of options.
pub(super) struct Row<O> {
    /// Its name in the configuration.
    pub(super) name: &'static str,
    pub(super) default: fn() -> Value,
    /// Sets it, and says whether the value needs `"headers" => true`. Called once
    /// at most, so that the option still has its default before.
    pub(super) set: fn(&mut O, Given<'_>) -> Result<bool, OptionError>,
}

/// Makes the rows, a struct with a field for each group, and its defaults. These
/// are read by the same forms as what the configuration gives, so that what the
/// table, and with it the documentation, calls the default is the default.
macro_rules! options {
    ($(
        $(#[$doc:meta])*
        $group:ident: $part:ident {
            $(
                $name:literal => $field:ident, $form:expr, $default:tt, [$($action:ident),+]
                $(, $needed:ident $(if $when:path)?)?;
            )+
        }
    )+) => {
        use super::error::OptionError;
        use super::given::{Given, Value};
        use super::row::Row;
        use super::{list, value};
        use crate::host::Server;

        /// The options of all actions, each with its default until it is set.
        pub(in crate::plugin) struct Options {
            $(
                $(#[$doc])*
                pub(in crate::plugin) $group: super::$group::$part,
            )+
        }

        impl Options {
            /// The defaults.
            pub(super) fn defaults(server: Server<'_>) -> Result<Self, OptionError> {
                $(
                    let $group = super::$group::$part {
                        $(
                            $field: {
                                let default = &default!($default);
                                $form(Given { option: $name, value: default, default, server })?
                            },
                        )+
                    };
                )+
                Ok(Self { $($group),+ })
            }
        }

        pub(super) const ROWS: &[Row<Options>] = &[
            $($(
                Row {
                    name: $name,
                    default: || default!($default),
                    set: |options, given| {
                        let option = &mut options.$group.$field;
                        let value = $form(given)?;
                        let needs_headers =
                            needs_headers!([$($needed $(if $when)?)?], value, *option);
                        *option = value;
                        Ok(needs_headers)
                    },
                },
            )+)+
        ];
    };
}

/// A default of the table as a value.
macro_rules! default {
    ([$($entry:tt),*]) => {
        Value::list(vec![$(default!($entry)),*])
    };
    (none) => {
        Value::from(None)
    };
    ($scalar:literal) => {
        Value::from($scalar)
    };
}

/// Whether a value needs `"headers" => true`, as the end of the row says.
macro_rules! needs_headers {
    ([], $value:expr, $default:expr) => {
        false
    };
    ([headers], $value:expr, $default:expr) => {
        $value != $default
    };
    ([headers if $when:path], $value:expr, $default:expr) => {
        $when(&$value)
    };
}

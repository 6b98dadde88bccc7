//! What is made of the table of options.

use super::error::OptionError;
use super::given::{Given, Value};

/// One row: an option of `O`, which is a set of options.
pub(super) struct Row<O> {
    /// Its name in the configuration.
    pub(super) name: &'static str,
    pub(super) default: fn() -> Value,
    /// Sets it.
    pub(super) set: fn(&mut O, Given<'_>) -> Result<(), OptionError>,
    /// Whether its value, which may be another than the row's default, needs
    /// `"headers" => true`.
    pub(super) needs_headers: fn(options: &O, defaults: &O) -> bool,
}

/// Defaults of an action that differ from those of the rows.
#[derive(Clone, Copy)]
pub(super) struct Defaults(pub(super) &'static [NamedDefault]);

/// The name of an option and its default.
pub(super) type NamedDefault = (&'static str, fn() -> Value);

impl Defaults {
    /// Those of the rows.
    pub(super) const OF_ROWS: Self = Self(&[]);

    /// The default of an option whose row has this one.
    pub(super) fn of(self, name: &str, row: fn() -> Value) -> Value {
        let other = self.0.iter().find(|(known, _)| *known == name);
        other.map_or(row, |(_, default)| *default)()
    }
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
        use super::row::{Defaults, Row};
        use super::{list, secret, servers, tls, value};
        use crate::host::Server;

        /// The options of all actions, each with its default until it is set.
        pub(in crate::plugin) struct Options {
            $(
                $(#[$doc])*
                pub(in crate::plugin) $group: super::$group::$part,
            )+
        }

        impl Options {
            /// The defaults of an action.
            pub(super) fn defaults(
                server: Server<'_>,
                of_action: Defaults,
            ) -> Result<Self, OptionError> {
                $(
                    let $group = super::$group::$part {
                        $(
                            $field: {
                                let default = &of_action.of($name, || default!($default));
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
                        options.$group.$field = $form(given)?;
                        Ok(())
                    },
                    needs_headers: |_options, _defaults| {
                        needs_headers!(
                            [$($needed $(if $when)?)?],
                            _options.$group.$field,
                            _defaults.$group.$field
                        )
                    },
                },
            )+)+
        ];
    };
}

/// Makes the defaults of `memcached.cache`.
macro_rules! cache_defaults {
    ($($name:literal => $default:tt;)+) => {
        pub(super) const CACHE: Defaults = Defaults(&[$(($name, || default!($default))),+]);
    };
}

/// Makes the defaults of `memcached.delete`.
macro_rules! delete_defaults {
    ($($name:literal => $default:tt;)+) => {
        pub(super) const DELETE: Defaults = Defaults(&[$(($name, || default!($default))),+]);
    };
}

/// A default of the table as a value.
macro_rules! default {
    ([$($name:tt => $value:tt),+]) => {
        Value::list(vec![
            $(Value::list(vec![default!($name), default!($value)])),+
        ])
    };
    ([$($entry:tt),*]) => {
        Value::list(vec![$(default!($entry)),*])
    };
    (none) => {
        Value::from(None)
    };
    // As in `default => value`, whose entry has no name.
    (default) => {
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

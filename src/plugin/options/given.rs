//! What an option is given, by the configuration or as its default.

use super::error::{OptionError, quoted};
use crate::host::{ConfigValue, Server};

/// A value.
pub(super) struct Value {
    /// Its type with an article, for error texts.
    type_name: &'static str,
    data: Data,
}

enum Data {
    None,
    Boolean(bool),
    Number(i64),
    Text(Vec<u8>),
    List(Vec<Value>),
    /// An action or a condition, which no option takes.
    Other,
}

impl From<Option<ConfigValue<'_>>> for Value {
    fn from(value: Option<ConfigValue<'_>>) -> Self {
        let Some(value) = value else {
            return Self {
                type_name: "none",
                data: Data::None,
            };
        };
        let data = if value.is_none() {
            Data::None
        } else if let Some(flag) = value.as_bool() {
            Data::Boolean(flag)
        } else if let Some(number) = value.as_number() {
            Data::Number(number)
        } else if let Some(text) = value.as_str() {
            Data::Text(text.into())
        } else if let Some(entries) = value.as_list() {
            Data::List(entries.map(Self::from).collect())
        } else {
            Data::Other
        };
        Self {
            type_name: value.type_name(),
            data,
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::of_table(Data::Boolean(flag))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::of_table(Data::Number(number))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::of_table(Data::Text(text.into()))
    }
}

impl Value {
    pub(super) fn list(entries: Vec<Self>) -> Self {
        Self::of_table(Data::List(entries))
    }

    /// A default. Its form takes it, so that no error text names its type.
    fn of_table(data: Data) -> Self {
        Self {
            type_name: "a default",
            data,
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Whether it stands for "nothing given": `none` or an empty list.
    pub(super) fn is_nothing(&self) -> bool {
        match &self.data {
            Data::None => true,
            Data::List(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// The entries of the list that it is.
    pub(super) fn as_list(&self) -> Option<&[Self]> {
        match &self.data {
            Data::List(entries) => Some(entries),
            _ => None,
        }
    }

    /// The two parts of an entry `"name" => value`; an entry `default => value`
    /// has no name.
    pub(super) fn as_pair(&self) -> Option<(Option<&[u8]>, &Self)> {
        let [name, value] = self.as_list()? else {
            return None;
        };
        match &name.data {
            Data::None => Some((None, value)),
            Data::Text(name) => Some((Some(name), value)),
            _ => None,
        }
    }

    /// As error texts show it: a number or a string itself, else its type.
    fn shown(&self) -> String {
        match &self.data {
            Data::Number(number) => number.to_string(),
            Data::Text(text) => quoted(text),
            _ => self.type_name.into(),
        }
    }
}

/// A value that an option is given, or an entry of a list that it is given.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    /// The option's name.
    pub(super) option: &'static str,
    pub(super) value: &'a Value,
    /// The option's default.
    pub(super) default: &'a Value,
    pub(super) server: Server<'a>,
}

impl<'a> Given<'a> {
    /// The option's default in place of the value.
    pub(super) fn with_default(self) -> Self {
        self.with(self.default)
    }

    fn with(self, value: &'a Value) -> Self {
        Self { value, ..self }
    }

    pub(super) fn is_text(self) -> bool {
        matches!(self.value.data, Data::Text(_))
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self.value.data, Data::Number(_))
    }

    /// Whether it is `none`.
    pub(super) fn is_none(self) -> bool {
        matches!(self.value.data, Data::None)
    }

    pub(super) fn is_list(self) -> bool {
        self.value.as_list().is_some()
    }

    pub(super) fn boolean(self, expected: &str) -> Result<bool, OptionError> {
        match self.value.data {
            Data::Boolean(flag) => Ok(flag),
            _ => Err(self.wrong_type(expected)),
        }
    }

    pub(super) fn text(self, expected: &str) -> Result<&'a [u8], OptionError> {
        match &self.value.data {
            Data::Text(text) => Ok(text),
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// A number that `N` can hold and that is `allowed`.
    pub(super) fn number<N: TryFrom<i64>>(
        self,
        expected: &str,
        allowed: impl FnOnce(&N) -> bool,
    ) -> Result<N, OptionError> {
        let Data::Number(number) = self.value.data else {
            return Err(self.wrong_type(expected));
        };
        let number = N::try_from(number).ok().filter(allowed);
        number.ok_or_else(|| self.wrong(expected))
    }

    pub(super) fn entries(
        self,
        expected: &str,
    ) -> Result<impl Iterator<Item = Self> + use<'a>, OptionError> {
        match self.value.as_list() {
            Some(entries) => Ok(entries.iter().map(move |entry| self.with(entry))),
            None => Err(self.wrong_type(expected)),
        }
    }

    /// Name and value of an entry; `default => value` has no name.
    pub(super) fn pair(self, expected: &str) -> Result<(Option<&'a [u8]>, Self), OptionError> {
        match self.value.as_pair() {
            Some((name, value)) => Ok((name, self.with(value))),
            None => Err(self.wrong_type(expected)),
        }
    }

    fn wrong_type(self, expected: &str) -> OptionError {
        self.refuse(expected, self.value.type_name.into())
    }

    /// The error that this value is not allowed.
    pub(super) fn wrong(self, expected: &str) -> OptionError {
        self.refuse(expected, self.value.shown())
    }

    /// The error that something in the value is not allowed.
    pub(super) fn refuse(self, expected: &str, found: String) -> OptionError {
        OptionError::Value {
            option: self.option,
            expected: expected.into(),
            found,
        }
    }

    /// The error that the list has this entry already.
    pub(super) fn twice(self) -> OptionError {
        OptionError::Repeated {
            option: self.option,
            entry: self.value.shown(),
        }
    }
}

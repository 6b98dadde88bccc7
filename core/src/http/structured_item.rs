//! Items of structured headers (RFC 9651 section 3.3), read by the algorithms of
//! its section 4.2. Of most kinds only the form matters.

use super::fields::is_token;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// `?0` or `?1`, or a name without a value.
    Boolean(bool),
    /// A number of at most 15 digits.
    Integer(i64),
    /// A value of any other kind: decimal, string, token, bytes, date, display
    /// string, inner list.
    Other,
}

/// Digits of the longest integer, and of the longest decimal before and after its
/// point.
const INTEGER_DIGITS: usize = 15;
const WHOLE_DIGITS: usize = 12;
const FRACTION_DIGITS: usize = 3;

/// A place in a header's value. What returns `None` has found a broken form.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(value: &'a [u8]) -> Self {
        Self { rest: value }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Skips this byte; false if another one is next.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// Skips spaces.
    pub(super) fn skip_spaces(&mut self) {
        self.take_while(|byte| byte == b' ');
    }

    /// Skips spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t'));
    }

    /// The name of a member or parameter.
    pub(super) fn key(&mut self) -> Option<&'a [u8]> {
        let first = *self.rest.first()?;
        if !first.is_ascii_lowercase() && first != b'*' {
            return None;
        }
        Some(self.take_while(|byte| {
            byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || matches!(byte, b'_' | b'-' | b'.' | b'*')
        }))
    }

    /// The parameters of a value, which say nothing to us.
    pub(super) fn parameters(&mut self) -> Option<()> {
        while self.eat(b';') {
            self.skip_spaces();
            self.key()?;
            if self.eat(b'=') {
                self.bare_item()?;
            }
        }
        Some(())
    }

    /// The value of a member.
    pub(super) fn item_or_inner_list(&mut self) -> Option<Item> {
        if !self.eat(b'(') {
            return self.bare_item();
        }
        loop {
            self.skip_spaces();
            if self.eat(b')') {
                return Some(Item::Other);
            }
            self.bare_item()?;
            self.parameters()?;
            if !matches!(self.rest.first()?, b' ' | b')') {
                return None;
            }
        }
    }

    fn bare_item(&mut self) -> Option<Item> {
        match *self.rest.first()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.take_while(|byte| is_token(&[byte]) || matches!(byte, b':' | b'/'));
                Some(Item::Other)
            }
            b':' => self.bytes(),
            b'?' => self.boolean(),
            b'@' => {
                self.eat(b'@');
                let date = self.number()?;
                matches!(date, Item::Integer(_)).then_some(Item::Other)
            }
            b'%' => self.display_string(),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Item> {
        let negative = self.eat(b'-');
        let whole = self.take_while(|byte| byte.is_ascii_digit());
        if whole.is_empty() {
            return None;
        }
        if self.eat(b'.') {
            let fraction = self.take_while(|byte| byte.is_ascii_digit());
            let fits =
                whole.len() <= WHOLE_DIGITS && (1..=FRACTION_DIGITS).contains(&fraction.len());
            return fits.then_some(Item::Other);
        }
        if whole.len() > INTEGER_DIGITS {
            return None;
        }
        let digits = whole.iter().map(|digit| i64::from(digit - b'0'));
        let number = digits.fold(0, |number, digit| number * 10 + digit);
        Some(Item::Integer(if negative { -number } else { number }))
    }

    fn string(&mut self) -> Option<Item> {
        self.eat(b'"');
        loop {
            match self.next()? {
                b'"' => return Some(Item::Other),
                b'\\' => {
                    if !matches!(self.next()?, b'"' | b'\\') {
                        return None;
                    }
                }
                0x20..=0x7e => {}
                _ => return None,
            }
        }
    }

    fn bytes(&mut self) -> Option<Item> {
        self.eat(b':');
        self.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
        self.eat(b':').then_some(Item::Other)
    }

    fn boolean(&mut self) -> Option<Item> {
        self.eat(b'?');
        match self.next()? {
            b'0' => Some(Item::Boolean(false)),
            b'1' => Some(Item::Boolean(true)),
            _ => None,
        }
    }

    fn display_string(&mut self) -> Option<Item> {
        self.eat(b'%');
        if !self.eat(b'"') {
            return None;
        }
        let mut text = Vec::new();
        loop {
            match self.next()? {
                b'"' => return core::str::from_utf8(&text).ok().map(|_| Item::Other),
                b'%' => text.push(self.hex_digit()? << 4 | self.hex_digit()?),
                byte @ 0x20..=0x7e => text.push(byte),
                _ => return None,
            }
        }
    }

    fn hex_digit(&mut self) -> Option<u8> {
        match self.next()? {
            digit @ b'0'..=b'9' => Some(digit - b'0'),
            digit @ b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        }
    }

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn take_while(&mut self, allowed: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|&byte| !allowed(byte));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }
}

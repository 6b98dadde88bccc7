//! Dictionaries (RFC 9651 section 3.2), the form of newer headers. A header that
//! breaks the form anywhere says nothing at all.

use super::structured_item::{Cursor, Item};

/// What a dictionary says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary(Vec<(Vec<u8>, Item)>);

impl Dictionary {
    /// Reads the lines of a header, joined by commas; `None` if they break the
    /// form.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(value);
        let mut members: Vec<(Vec<u8>, Item)> = Vec::new();
        cursor.skip_spaces();
        while !cursor.is_at_end() {
            let key = cursor.key()?.to_vec();
            let item = if cursor.eat(b'=') {
                cursor.item_or_inner_list()?
            } else {
                Item::Boolean(true)
            };
            cursor.parameters()?;
            // Of several members of one name the last counts.
            members.retain(|(other, _)| *other != key);
            members.push((key, item));
            cursor.skip_blanks();
            if cursor.is_at_end() {
                break;
            }
            if !cursor.eat(b',') {
                return None;
            }
            cursor.skip_blanks();
            if cursor.is_at_end() {
                return None;
            }
        }
        Some(Self(members))
    }

    /// Whether it has no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the member of this name.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Item> {
        let found = self.0.iter().find(|(other, _)| other == key.as_bytes());
        found.map(|(_, item)| *item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Option<Vec<(String, Item)>> {
        let members = Dictionary::parse(text.as_bytes())?.0;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Some(
            members
                .into_iter()
                .map(|(key, item)| (text(key), item))
                .collect(),
        )
    }

    #[test]
    fn members() {
        use Item::{Boolean, Integer, Other};
        for (text, expected) in [
            ("", &[][..]),
            ("  ", &[]),
            ("a", &[("a", Boolean(true))]),
            (
                "a=?0, b, c=?1",
                &[
                    ("a", Boolean(false)),
                    ("b", Boolean(true)),
                    ("c", Boolean(true)),
                ],
            ),
            (
                " max-age=60 ,\t*x_.-9=1 ",
                &[("max-age", Integer(60)), ("*x_.-9", Integer(1))],
            ),
            ("a=1, b=2, a=3", &[("b", Integer(2)), ("a", Integer(3))]),
            (
                "a=1;x;y=\"z\"; *k=?0, b;q=1.5",
                &[("a", Integer(1)), ("b", Boolean(true))],
            ),
            ("a=-12", &[("a", Integer(-12))]),
            ("a=999999999999999", &[("a", Integer(999_999_999_999_999))]),
            ("a=123456789012.123", &[("a", Other)]),
            (r#"a="x\"\\y", b=tok/en:x"#, &[("a", Other), ("b", Other)]),
            (
                "a=:aGk=:, b=@1659578233, c=%\"f%c3%bc\"",
                &[("a", Other), ("b", Other), ("c", Other)],
            ),
            ("a=(), b=( 1  \"x\";p t );q", &[("a", Other), ("b", Other)]),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(key, item)| ((*key).to_owned(), *item))
                .collect();
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        let dictionary = Dictionary::parse(b"a=1").unwrap();
        assert_eq!(
            (dictionary.get("a"), dictionary.get("b")),
            (Some(Integer(1)), None)
        );
        assert!(!dictionary.is_empty() && Dictionary::parse(b"").unwrap().is_empty());
    }

    #[test]
    fn broken_forms() {
        for text in [
            ",",
            "a,",
            "a, ",
            ",a",
            "a,,b",
            "a b",
            "a; b c",
            "A=1",
            "1=a",
            "-a",
            "a=",
            "a= 1",
            "a =1",
            "a=1234567890123456",
            "a=--1",
            "a=-",
            "a=1.",
            "a=1.2345",
            "a=1234567890123.1",
            "a=.5",
            "a=\"x",
            "a=\"x\\y\"",
            "a=\"\u{fc}\"",
            "a=\"\t\"",
            "a=:aGk=",
            "a=:a b:",
            "a=?",
            "a=?2",
            "a=?true",
            "a=@",
            "a=@x",
            "a=@1.5",
            "a=%x",
            "a=%\"%C3%BC\"",
            "a=%\"%c3\"",
            "a=%\"%c\"",
            "a=%\"x",
            "a=(1",
            "a=(1 2",
            "a=(1,2)",
            "a=(1\"x\")",
            "a;",
            "a;=1",
            "a;B",
            "a=1;x=",
            "\ta",
            "a=1\u{fc}",
            "max-age=60; no-store no-cache",
            "max-age=1.x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(value in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "[a-c]{1,2}(=(\\?[01]|-?[0-9]{1,16}|\"[a-z\\\\\"]{0,3}\"|[(][0-9 ]{0,4}[)]))?([,; ]{1,2}[a-c](=[0-9.]{1,3})?){0,3}"
                .prop_map(String::into_bytes),
        ]) {
            if let Some(dictionary) = Dictionary::parse(&value) {
                let keys: Vec<_> = dictionary.0.iter().map(|(key, _)| key).collect();
                let unique: std::collections::HashSet<_> = keys.iter().collect();
                prop_assert_eq!(unique.len(), keys.len());
                // Lines joined by commas are the same header.
                if !dictionary.is_empty() {
                    let twice = [&value[..], b", ", &value].concat();
                    let twice = Dictionary::parse(&twice);
                    prop_assert!(twice.is_some_and(|twice| twice.0.len() == keys.len()));
                }
            }
        }
    }
}

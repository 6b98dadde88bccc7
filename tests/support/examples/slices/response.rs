//! One response at a time, of which only the length is of interest.

/// What has come of a response.
#[derive(Default)]
pub(crate) struct Incoming {
    /// The head, as far as it is not whole.
    head: Vec<u8>,
    /// Bytes of the body that are still to come, once the head is whole.
    missing: Option<usize>,
}

impl Incoming {
    /// Whether nothing of a response has come.
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_empty() && self.missing.is_none()
    }

    /// Takes what was read; whether that ends the response.
    pub(crate) fn read(&mut self, bytes: &[u8], length: usize) -> Result<bool, String> {
        let is_whole = if let Some(missing) = self.missing {
            self.missing = Some(
                missing
                    .checked_sub(bytes.len())
                    .ok_or("more than a response")?,
            );
            self.missing == Some(0)
        } else {
            self.head.extend_from_slice(bytes);
            let Some(end) = self.head.windows(4).position(|four| four == b"\r\n\r\n") else {
                return Ok(false);
            };
            check_head(&self.head[..end + 2], length)?;
            let body = self.head.len() - end - 4;
            let missing = length.checked_sub(body).ok_or("more than a response")?;
            self.missing = Some(missing);
            missing == 0
        };
        if is_whole {
            self.head.clear();
            self.missing = None;
        }
        Ok(is_whole)
    }
}

/// A 200 with a body of this length.
fn check_head(head: &[u8], length: usize) -> Result<(), String> {
    let text = String::from_utf8_lossy(head);
    let announced = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_it = name.eq_ignore_ascii_case("Content-Length");
        is_it.then(|| value.trim().parse().ok()).flatten()
    });
    if text.starts_with("HTTP/1.1 200 ") && announced == Some(length) {
        Ok(())
    } else {
        Err(format!("no page of {length} bytes: {text}"))
    }
}

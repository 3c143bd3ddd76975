//! Values that are skipped or only collected: where they end.

/// Where we are in a value of any shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Nesting {
    pub(super) depth: u32,
    pub(super) in_string: bool,
    pub(super) escaped: bool,
}

impl Nesting {
    /// After an opening bracket.
    pub(super) const OPEN: Self = Self { depth: 1, in_string: false, escaped: false };

    /// Goes on to the value's end. Returns the bytes taken and, when the value goes on, where it stands; or the position of
    /// a byte that no JSON has there. (The order of the tokens is nobody's business: the value is skipped.)
    pub(super) fn skip(mut self, bytes: &[u8]) -> std::result::Result<(usize, Option<Self>), usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => continue,
                }
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    // Numbers, `true`, `false`, `null` and what stands between values.
                    b'0'..=b'9' | b'+' | b'-' | b'.' | b',' | b':' | b'E' | b' ' | b'\n' | b'\r' | b'\t' => continue,
                    b'a' | b'e' | b'f' | b'l' | b'n' | b'r' | b's' | b't' | b'u' => continue,
                    _ => return Err(at),
                }
            }
            if self.depth == 0 && !self.in_string {
                return Ok((at + 1, None));
            }
        }
        Ok((bytes.len(), Some(self)))
    }
}

//! How much stack a parser may need for a text, before it is parsed. Parsers call themselves for what is nested, and a text
//! that is nested deeply enough would end the process.
//!
//! A small scanner knows strings, templates, comments and regular expressions, and counts what a parser could go deeper for:
//! brackets that are open, and operators and words since the last `;` or `,` of each open bracket. The count is an upper
//! bound: where the scanner is not sure (a `/` after some `}`), it says so instead. `O(bytes)`, 24 bytes an open bracket.
//! The weights are twice or more what oxc's parser and semantic pass took together when measured on its worst cases.

/// Bytes of stack for a bracket, for what nests without one (`=>`, `=`, `?:`, prefixes), and for any other operator.
const BRACKET: usize = 8 << 10;
const PREFIX: usize = 3 << 10;
const OPERATOR: usize = 512;
/// With more open brackets than this a text is not understood: parsers try some of them twice, at each level.
const MOST_OPEN: usize = 1000;

/// Words that contain what follows them.
const PREFIX_WORDS: [&[u8]; 16] = [
    b"async", b"await", b"case", b"delete", b"do", b"else", b"extends", b"for", b"if", b"new", b"return", b"throw",
    b"typeof", b"void", b"while", b"yield",
];
/// Words before an expression.
const BEFORE_EXPRESSION: [&[u8]; 10] =
    [b"case", b"delete", b"extends", b"in", b"instanceof", b"new", b"return", b"throw", b"typeof", b"void"];
/// Words before a statement.
const BEFORE_STATEMENT: [&[u8]; 4] = [b"do", b"else", b"try", b"finally"];
/// Words whose parentheses a statement follows.
const CONTROL_WORDS: [&[u8]; 4] = [b"if", b"while", b"for", b"with"];
/// Words before an expression in some code, and names in other.
const AMBIGUOUS_WORDS: [&[u8]; 5] = [b"await", b"yield", b"of", b"let", b"async"];

/// What stood last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing, or the end of a statement, or what begins one.
    Statement,
    /// What an expression follows.
    Operator,
    /// A name, number, string, `)` or `]`: a `/` divides.
    Operand,
    /// A word that is an operator here and a name there, or a `}` that may end an expression or a statement.
    Ambiguous,
    /// One of [`CONTROL_WORDS`].
    ControlWord,
}

/// An open bracket.
#[derive(Clone, Copy)]
struct Level {
    bracket: u8,
    /// What stands last when it is closed.
    end: Last,
    /// What has been counted in it since the last `;` or `,`.
    cost: usize,
}

/// The open brackets, the text itself being the first.
struct Levels {
    open: Vec<Level>,
    /// What has been counted in all but the last, with the brackets.
    below: usize,
    most: usize,
}

impl Levels {
    fn open(&mut self, bracket: u8, end: Last) -> Option<()> {
        if self.open.len() > MOST_OPEN {
            return None;
        }
        self.below += self.open.last()?.cost + BRACKET;
        self.open.push(Level { bracket, end, cost: 0 });
        self.add(0)
    }

    /// What stood open; `None` if that is another bracket.
    fn close(&mut self, bracket: u8) -> Option<Level> {
        let closed = self.open.pop().filter(|level| level.bracket == bracket)?;
        self.below -= self.open.last()?.cost + BRACKET;
        Some(closed)
    }

    fn add(&mut self, cost: usize) -> Option<()> {
        let level = self.open.last_mut()?;
        level.cost += cost;
        self.most = self.most.max(self.below + level.cost);
        Some(())
    }

    fn done(&mut self) -> Option<()> {
        self.open.last_mut()?.cost = 0;
        Some(())
    }
}

/// An upper bound of the bytes of stack that parsing takes; `None` where the text is not sure to be understood.
pub(super) fn stack_size(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let outermost = Level { bracket: 0, end: Last::Statement, cost: 0 };
    let mut levels = Levels { open: vec![outermost], below: 0, most: 0 };
    let mut last = Last::Statement;
    let mut after_dot = false;
    let mut at = if bytes.starts_with(b"#!") { line_end(bytes, 0) } else { 0 };
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let was_after_dot = std::mem::take(&mut after_dot);
        match byte {
            b'/' if next == b'/' => at = line_end(bytes, at),
            b'/' if next == b'*' => at += 4 + memchr::memmem::find(bytes.get(at + 2..)?, b"*/")?,
            b'/' => match last {
                Last::Operand => {
                    levels.add(OPERATOR)?;
                    (at, last) = (at + 1, Last::Operator);
                }
                Last::Statement | Last::Operator => (at, last) = (regular_expression_end(bytes, at)?, Last::Operand),
                Last::Ambiguous | Last::ControlWord => return None,
            },
            // In scripts, comments of HTML; and names with escapes.
            b'<' if bytes[at..].starts_with(b"<!--") => return None,
            b'-' if bytes[at..].starts_with(b"-->") => return None,
            b'\\' => return None,
            b'"' | b'\'' => (at, last) = (string_end(bytes, at)?, Last::Operand),
            b'`' => (at, last) = template(bytes, at, &mut levels)?,
            b'(' => {
                let end = if last == Last::ControlWord { Last::Statement } else { Last::Operand };
                levels.open(byte, end)?;
                (at, last) = (at + 1, Last::Operator);
            }
            b'[' => {
                levels.open(byte, Last::Operand)?;
                (at, last) = (at + 1, Last::Operator);
            }
            b'{' => {
                let is_block = last == Last::Statement;
                levels.open(byte, if is_block { Last::Statement } else { Last::Ambiguous })?;
                // The body of a function or class begins like a block; in an object, no `/` can follow.
                (at, last) = (at + 1, Last::Statement);
            }
            b')' => (at, last) = (at + 1, levels.close(b'(')?.end),
            b']' => (at, last) = (at + 1, levels.close(b'[')?.end),
            b'}' if levels.open.last()?.bracket == b'`' => {
                levels.close(b'`')?;
                (at, last) = template(bytes, at, &mut levels)?;
            }
            b'}' => (at, last) = (at + 1, levels.close(b'{')?.end),
            b';' | b',' => {
                levels.done()?;
                (at, last) = (at + 1, if byte == b';' { Last::Statement } else { Last::Operator });
            }
            b'+' | b'-' if next == byte => {
                levels.add(OPERATOR)?;
                // Behind an operand it belongs to that, else to what follows.
                last = if last == Last::Operand { last } else { Last::Operator };
                at += 2;
            }
            b'=' | b'!' | b'<' | b'>' if next == b'=' => {
                levels.add(OPERATOR)?;
                at += bytes[at + 1..].iter().take_while(|&&byte| byte == b'=').count() + 1;
                last = Last::Operator;
            }
            b'=' | b'?' | b':' => {
                levels.add(PREFIX)?;
                at += if next == b'>' { 2 } else { 1 };
                last = Last::Operator;
            }
            _ if is_word(byte) => {
                let length = bytes[at..].iter().take_while(|&&byte| is_word(byte)).count();
                let word = &bytes[at..at + length];
                let is = |words: &[&[u8]]| !was_after_dot && words.contains(&word);
                if is(&PREFIX_WORDS) {
                    levels.add(PREFIX)?;
                }
                if is(&[b"const"]) {
                    // No statement contains one without a bracket: all before it is done.
                    levels.done()?;
                }
                last = match last {
                    Last::ControlWord if is(&[b"await"]) => Last::ControlWord,
                    _ if is(&BEFORE_EXPRESSION) => Last::Operator,
                    _ if is(&BEFORE_STATEMENT) => Last::Statement,
                    _ if is(&CONTROL_WORDS) => Last::ControlWord,
                    _ if is(&AMBIGUOUS_WORDS) => Last::Ambiguous,
                    _ => Last::Operand,
                };
                at += length;
            }
            _ => {
                levels.add(OPERATOR)?;
                after_dot = byte == b'.' && next != b'.';
                (at, last) = (at + 1, Last::Operator);
            }
        }
    }
    (levels.open.len() == 1).then_some(levels.most)
}

/// Letters, digits and what else names are made of; all that is not ASCII.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'@') || !byte.is_ascii()
}

/// Where the line ends that `at` is in.
fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let ends = [
        memchr::memchr2(b'\n', b'\r', rest),
        memchr::memmem::find(rest, b"\xe2\x80\xa8"),
        memchr::memmem::find(rest, b"\xe2\x80\xa9"),
    ];
    at + ends.into_iter().flatten().min().unwrap_or(rest.len())
}

fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            b'\n' => return None,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn regular_expression_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    let mut is_in_class = false;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 1,
            b'\n' => return None,
            b'[' => is_in_class = true,
            b']' => is_in_class = false,
            b'/' if !is_in_class => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
}

/// The rest of a template behind its first quote or the `}` of an expression: to its end, or into its next expression.
fn template(bytes: &[u8], start: usize, levels: &mut Levels) -> Option<(usize, Last)> {
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 1,
            b'`' => return Some((at + 1, Last::Operand)),
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                levels.open(b'`', Last::Operand)?;
                return Some((at + 2, Last::Operator));
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nests_is_counted_and_what_follows_is_not() {
        let cases = [
            ("((1))", 2 * BRACKET),
            ("(1);(2);[3]", BRACKET),
            ("f(1, {a: [1]})", 3 * BRACKET + PREFIX),
            ("a = b = 1; c = 1", 2 * PREFIX),
            ("!!!x", 3 * OPERATOR),
            ("if (a) if (b) c", 2 * PREFIX + BRACKET),
            ("x => y => 1", 2 * PREFIX),
            ("a = 1\nconst b = 1\nconst c = 1", PREFIX),
            ("`${`${1}`}`", 2 * BRACKET),
            ("\"((((\" + '((((' + `((((`", 2 * OPERATOR),
            ("/* (((( */ // ((((\n1", 0),
            ("a / b / c", 2 * OPERATOR),
            ("x = /[/(]((((/.test(a)", PREFIX + OPERATOR + BRACKET),
            ("if (a) /\\(((/.test(b)", PREFIX + OPERATOR + BRACKET),
            ("{} /((/.test(b)", OPERATOR + BRACKET),
            ("(a) / b / (c)", 2 * OPERATOR + BRACKET),
            ("i++ / 2 / 3", 3 * OPERATOR),
            ("#!/usr/bin/env node (((\n1", 0),
        ];
        for (text, size) in cases {
            assert_eq!(stack_size(text), Some(size), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        for text in ["(", ")", "(]", "'", "`", "`${", "/*", "x = {} / 2", "yield /((/", "\\u{61}", "a <!-- b", "/(\n/"]
        {
            assert_eq!(stack_size(text), None, "{text}");
        }
    }

    #[test]
    fn the_deeper_the_more() {
        let deep = |depth: usize| stack_size(&format!("{}1{}", "[".repeat(depth), "]".repeat(depth)));
        assert_eq!(deep(MOST_OPEN), Some(MOST_OPEN * BRACKET));
        assert_eq!(deep(MOST_OPEN + 1), None);
    }
}

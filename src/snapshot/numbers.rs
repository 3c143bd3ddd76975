//! The hot loop: the text of a JSON array of unsigned integers -> numbers.
//!
//! Nine tenths of a snapshot are such arrays. 64 bytes at a time are classified into three bit masks (digits, commas,
//! white space); from these come the ends of all numbers at once, and a check that numbers and commas alternate. Each
//! number is then read with one 8-byte load and three multiplications. Blocks with anything unusual in them (the closing
//! bracket, a syntax error, odd white space) go through a plain byte loop, which alone decides what is right: the fast
//! path only ever accepts what the byte loop would accept.
//!
//! Cost: about 0.6 ns a byte on one core; no memory but the output.

/// Where a scan of an array stands between two pieces of input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NumberState {
    /// After the opening bracket.
    Start,
    /// After a comma.
    ExpectNumber,
    /// Inside a number, with its value so far.
    InNumber(u64),
    /// After a number and white space.
    ExpectComma,
    /// After the closing bracket.
    Done,
}

/// Numbers read so far.
#[derive(Default)]
pub(super) struct Numbers {
    /// The numbers; [`Numbers::LARGE`] stands for one that is in `large`.
    pub(super) values: Vec<u32>,
    /// Numbers of [`Numbers::LARGE`] and above, with their position in `values`, ascending.
    pub(super) large: Vec<(usize, u64)>,
}

impl Numbers {
    /// Marks a number that does not fit into 32 bits (or is this very number).
    pub(super) const LARGE: u32 = u32::MAX;

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.large.clear();
    }

    #[inline]
    pub(super) fn push(&mut self, value: u64) {
        if value >= u64::from(Self::LARGE) {
            self.large.push((self.values.len(), value));
            self.values.push(Self::LARGE);
        } else {
            self.values.push(value as u32);
        }
    }

    /// The number at a position, however large.
    pub(super) fn at(&self, position: usize) -> u64 {
        match self.values[position] {
            Self::LARGE => match self.large.binary_search_by_key(&position, |large| large.0) {
                Ok(found) => self.large[found].1,
                Err(_) => u64::from(Self::LARGE),
            },
            value => u64::from(value),
        }
    }
}

/// What was found where something else was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unexpected {
    /// Byte position in the scanned piece.
    pub(super) at: usize,
    pub(super) expected: &'static str,
}

/// Scans `bytes` from `state` on, up to and including the closing bracket or to the end of the piece. Returns how many
/// bytes were taken; `state` tells how the next piece must be read.
pub(super) fn scan(bytes: &[u8], state: &mut NumberState, numbers: &mut Numbers) -> Result<usize, Unexpected> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi1") {
        // SAFETY: the processor has the features that the function is compiled for.
        return unsafe { scan_avx2(bytes, state, numbers) };
    }
    scan_with(classify_words, bytes, state, numbers)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1")]
fn scan_avx2(bytes: &[u8], state: &mut NumberState, numbers: &mut Numbers) -> Result<usize, Unexpected> {
    scan_with(|block| classify_avx2(block), bytes, state, numbers)
}

/// One bit a byte: byte 0 is bit 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Masks {
    digits: u64,
    commas: u64,
    spaces: u64,
}

const BLOCK: usize = 64;

#[inline(always)]
fn scan_with(
    classify: impl Fn(&[u8; BLOCK]) -> Masks,
    bytes: &[u8],
    state: &mut NumberState,
    numbers: &mut Numbers,
) -> Result<usize, Unexpected> {
    let mut at = 0;
    // Start of a number that the fast path saw begin in an earlier block. The byte loop goes back to it.
    let mut open = None;
    while let Some(block) = bytes[at..].first_chunk::<BLOCK>() {
        let comma_due = *state == NumberState::ExpectComma;
        // The fast path loads the eight bytes before the end of a number.
        let fast = at >= 8 && (comma_due || *state == NumberState::ExpectNumber);
        let masks = classify(block);
        match masks.separators(open.is_some(), comma_due).filter(|_| fast) {
            Some(separators) => {
                open = read_block(bytes, at, separators, open, numbers);
                *state = if separators.comma_due { NumberState::ExpectComma } else { NumberState::ExpectNumber };
            }
            None => {
                let from = open.take().unwrap_or(at);
                let taken = scan_bytes(&bytes[from..at + BLOCK], state, numbers).map_err(|found| found.plus(from))?;
                if *state == NumberState::Done {
                    return Ok(from + taken);
                }
            }
        }
        at += BLOCK;
    }
    let from = open.unwrap_or(at);
    let taken = scan_bytes(&bytes[from..], state, numbers).map_err(|found| found.plus(from))?;
    Ok(from + taken)
}

impl Unexpected {
    fn plus(self, offset: usize) -> Self {
        Self { at: self.at + offset, ..self }
    }
}

/// A regular block: where numbers start and end in it.
#[derive(Clone, Copy)]
struct Separators {
    starts: u64,
    /// Bytes after the last digit of a number.
    ends: u64,
    /// Whether the block's last byte is the white space after a number.
    comma_due: bool,
}

impl Masks {
    /// `None` unless every byte is a digit, a comma or white space, and every number is followed by its comma, with at
    /// most one byte of white space between.
    #[inline(always)]
    fn separators(self, in_number: bool, comma_due: bool) -> Option<Separators> {
        let Self { digits, commas, spaces } = self;
        let before = (digits << 1) | u64::from(in_number);
        let ends = before & !digits;
        let spaced = ends & spaces;
        let expected_commas = (ends & commas) | (spaced << 1) | u64::from(comma_due);
        let regular = (digits | commas | spaces == !0) & (commas == expected_commas);
        regular.then_some(Separators { starts: digits & !before, ends, comma_due: spaced >> 63 != 0 })
    }
}

/// Reads the numbers that end in a regular block; returns the start of one that does not.
#[inline(always)]
fn read_block(
    bytes: &[u8],
    at: usize,
    separators: Separators,
    open: Option<usize>,
    numbers: &mut Numbers,
) -> Option<usize> {
    let Separators { mut starts, mut ends, .. } = separators;
    let next_start = |starts: &mut u64| {
        let start = at + starts.trailing_zeros() as usize;
        *starts &= starts.wrapping_sub(1);
        start
    };
    numbers.values.reserve(BLOCK / 2 + 1);
    let mut start = match open {
        Some(start) => start,
        None if starts == 0 => return None,
        None => next_start(&mut starts),
    };
    while ends != 0 {
        let end = at + ends.trailing_zeros() as usize;
        ends &= ends - 1;
        if end - start <= 8 {
            let value = eight_digits(bytes, start, end);
            // At most 99,999,999: never LARGE.
            numbers.values.push(value);
        } else {
            numbers.push(long_number(&bytes[start..end]));
        }
        if starts == 0 {
            return None;
        }
        start = next_start(&mut starts);
    }
    Some(start)
}

/// The value of one to eight digits; at least eight bytes must precede `end`.
#[inline(always)]
fn eight_digits(bytes: &[u8], start: usize, end: usize) -> u32 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[end - 8..end]);
    // The number's digits are the upper bytes; what stands before them is shifted out and read as zeros.
    let digits =
        (u64::from_le_bytes(word) & 0x0f0f_0f0f_0f0f_0f0f) >> (8 * (8 - (end - start))) << (8 * (8 - (end - start)));
    let pairs = (digits.wrapping_mul(10 * 256 + 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs.wrapping_mul(100 * 65_536 + 1) >> 16) & 0x0000_ffff_0000_ffff;
    (quads.wrapping_mul(10_000 * 4_294_967_296 + 1) >> 32) as u32
}

/// The value of nine or more digits; saturates.
#[cold]
fn long_number(digits: &[u8]) -> u64 {
    digits.iter().fold(0u64, |value, digit| value.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

/// The definition of the grammar, byte by byte. White space may stand anywhere between the tokens. Values saturate.
fn scan_bytes(bytes: &[u8], state: &mut NumberState, numbers: &mut Numbers) -> Result<usize, Unexpected> {
    use NumberState::{Done, ExpectComma, ExpectNumber, InNumber, Start};
    for (at, &byte) in bytes.iter().enumerate() {
        *state = match (*state, byte) {
            (Start | ExpectNumber, b'0'..=b'9') => InNumber(u64::from(byte - b'0')),
            (InNumber(value), b'0'..=b'9') => InNumber(value.saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
            (InNumber(value), b',' | b']' | b' ' | b'\n' | b'\r' | b'\t') => {
                numbers.push(value);
                match byte {
                    b',' => ExpectNumber,
                    b']' => Done,
                    _ => ExpectComma,
                }
            }
            (ExpectComma, b',') => ExpectNumber,
            (Start | ExpectComma, b']') => Done,
            (before @ (Start | ExpectNumber | ExpectComma), b' ' | b'\n' | b'\r' | b'\t') => before,
            (before, _) => {
                let expected = match before {
                    Start => "a digit or `]`",
                    ExpectNumber => "a digit",
                    InNumber(_) => "a digit, `,` or `]`",
                    ExpectComma | Done => "`,` or `]`",
                };
                return Err(Unexpected { at, expected });
            }
        };
        if *state == Done {
            return Ok(at + 1);
        }
    }
    Ok(bytes.len())
}

/// Eight bytes at a time, for processors without a faster way.
#[inline(always)]
fn classify_words(block: &[u8; BLOCK]) -> Masks {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The high bit of each byte of the result tells whether that byte of `word` is `byte`.
    let equal = |word: u64, byte: u8| {
        let differs = word ^ (ONES * u64::from(byte));
        !(((differs & !HIGH) + !HIGH) | differs) & HIGH
    };
    // Gathers the high bits of the bytes into the low byte.
    let gather = |flags: u64| (flags >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let mut masks = Masks { digits: 0, commas: 0, spaces: 0 };
    let (words, _) = block.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let low = word & !HIGH;
        // A byte is a digit if adding reaches the high bit from '0' on, but not from '9' + 1 on.
        let digits = (low + ONES * (0x80 - 0x30)) & !(low + ONES * (0x80 - 0x3a)) & !word & HIGH;
        let spaces = equal(word, b' ') | equal(word, b'\n') | equal(word, b'\r') | equal(word, b'\t');
        masks.digits |= gather(digits) << (8 * at);
        masks.commas |= gather(equal(word, b',')) << (8 * at);
        masks.spaces |= gather(spaces) << (8 * at);
    }
    masks
}

/// 32 bytes at a time.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn classify_avx2(block: &[u8; BLOCK]) -> Masks {
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set1_epi8, _mm256_sub_epi8,
    };
    let mut masks = Masks { digits: 0, commas: 0, spaces: 0 };
    for half in 0..2 {
        // SAFETY: the block is 64 bytes long, and the load needs no alignment.
        let bytes = unsafe { _mm256_loadu_si256(block.as_ptr().add(32 * half).cast::<__m256i>()) };
        let is = |byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte as i8));
        let bits = |mask: __m256i| u64::from(_mm256_movemask_epi8(mask) as u32) << (32 * half);
        let from_zero = _mm256_sub_epi8(bytes, _mm256_set1_epi8(b'0' as i8));
        let digits = _mm256_cmpeq_epi8(_mm256_min_epu8(from_zero, _mm256_set1_epi8(9)), from_zero);
        let spaces = _mm256_or_si256(_mm256_or_si256(is(b'\n'), is(b' ')), _mm256_or_si256(is(b'\r'), is(b'\t')));
        masks.digits |= bits(digits);
        masks.commas |= bits(is(b','));
        masks.spaces |= bits(spaces);
    }
    masks
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = (Result<usize, Unexpected>, NumberState, Vec<u64>);

    fn outcome(mut run: impl FnMut(&mut NumberState, &mut Numbers) -> Result<usize, Unexpected>) -> Outcome {
        let (mut state, mut numbers) = (NumberState::Start, Numbers::default());
        let result = run(&mut state, &mut numbers);
        (result, state, (0..numbers.values.len()).map(|at| numbers.at(at)).collect())
    }

    /// What the byte loop says is right; the fast paths, whole or in pieces, must say the same.
    fn check(text: &str) -> Outcome {
        let bytes = text.as_bytes();
        let expected = outcome(|state, numbers| scan_bytes(bytes, state, numbers));
        assert_eq!(outcome(|state, numbers| scan(bytes, state, numbers)), expected, "{text}");
        assert_eq!(outcome(|state, numbers| scan_with(classify_words, bytes, state, numbers)), expected, "{text}");
        for size in [1, 7, 64, 65, 100] {
            let pieces = outcome(|state, numbers| {
                let mut taken = 0;
                for piece in bytes.chunks(size) {
                    taken += scan(piece, state, numbers).map_err(|found| found.plus(taken))?;
                    if *state == NumberState::Done {
                        break;
                    }
                }
                Ok(taken)
            });
            assert_eq!(pieces, expected, "in pieces of {size}: {text}");
        }
        expected
    }

    #[test]
    fn reads_the_layouts_of_v8_and_of_others() {
        let row = |n: u64| format!("{},{},{}", n % 7, n * 7919, n * 1_000_003);
        for (record, before) in [("\n", ","), ("", ","), ("\r\n", " , "), (" ", ",   ")] {
            let text: String =
                (0..500).map(|n| format!("{}{}{record}", if n == 0 { "" } else { before }, row(n))).collect();
            let (result, state, numbers) = check(&format!("{text}],"));
            assert_eq!((result, state), (Ok(text.len() + 1), NumberState::Done));
            assert_eq!(numbers.len(), 1500);
            assert_eq!(numbers[1499], 499 * 1_000_003);
        }
    }

    #[test]
    fn reads_every_length_of_number() {
        let numbers: Vec<u64> = (0..20)
            .flat_map(|n| [10u64.pow(n) - 1, 10u64.pow(n)])
            .chain([4_294_967_294, 4_294_967_295, 4_294_967_296])
            .collect();
        for padding in 0..70 {
            let list: Vec<String> = numbers.iter().map(u64::to_string).collect();
            let text = format!("{}{}]", "1,".repeat(padding), list.join(","));
            assert_eq!(check(&text).2[padding..], numbers);
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let long = "12,345,".repeat(30);
        for (bad, at, expected) in [
            ("1,,2", 2, "a digit"),
            ("1,-2", 2, "a digit"),
            ("1 2", 2, "`,` or `]`"),
            ("1.5", 1, "a digit, `,` or `]`"),
            ("1,]", 2, "a digit"),
            ("7x", 1, "a digit, `,` or `]`"),
            ("1\n\n2", 3, "`,` or `]`"),
        ] {
            for prefix in ["", &long] {
                let (result, ..) = check(&format!("{prefix}{bad}{long}"));
                assert_eq!(result, Err(Unexpected { at: prefix.len() + at, expected }), "{bad}");
            }
        }
        assert_eq!(check(",").0, Err(Unexpected { at: 0, expected: "a digit or `]`" }));
        assert_eq!(check("  ]").0, Ok(3));
    }

    #[test]
    fn all_classifiers_agree() {
        let mut seed = 1u64;
        for _ in 0..2000 {
            let block: [u8; BLOCK] = std::array::from_fn(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let byte = (seed >> 33) as u8;
                if byte < 128 { b"0123456789, \n\r\t]"[byte as usize % 16] } else { byte }
            });
            let naive = |test: fn(u8) -> bool| (0..64).fold(0, |mask, bit| mask | (u64::from(test(block[bit])) << bit));
            let expected = Masks {
                digits: naive(|byte| byte.is_ascii_digit()),
                commas: naive(|byte| byte == b','),
                spaces: naive(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')),
            };
            assert_eq!(classify_words(&block), expected);
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has the feature.
                assert_eq!(unsafe { classify_avx2(&block) }, expected);
            }
        }
    }
}

//! Figures for people: digits in groups, sizes in kB of 1000 bytes (as in DevTools), counts with their noun. `O(digits)`.

/// `8192` as `8,192`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size: `812 B`, `8.2 kB`, `123 kB`, `1.5 MB`. Three digits at most, units of 1000.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // 999.5 would be rounded to a fourth digit.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(value < 99.95);
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A size with its sign, a plus too: `+8.2 kB`.
pub fn signed_size(bytes: i64) -> String {
    signed(bytes, size(bytes.unsigned_abs()))
}

/// A number with its sign, a plus too: `+1,024`.
pub fn signed_count(number: i64) -> String {
    signed(number, grouped(number.unsigned_abs()))
}

fn signed(number: i64, magnitude: String) -> String {
    match number {
        0 => magnitude,
        1.. => format!("+{magnitude}"),
        _ => format!("-{magnitude}"),
    }
}

/// A count with its noun, which takes an `s` from two on: `1 listener`, `300 listeners`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// The same with a noun that has another plural: `2 child processes`.
pub fn counted_as(count: u64, noun: &str, plural: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { noun } else { plural })
}

/// A ratio that need not be whole, as short as it is exact to two digits: `1`, `0.25`, `12.5`.
pub fn ratio(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A time, in the greatest unit that it fills: `250 ms`, `1.5 s`, `10 min`, `24 h`.
pub fn duration(ms: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(3_600_000, "h"), (60_000, "min"), (1000, "s")];
    match UNITS.iter().find(|(unit, _)| ms >= *unit) {
        Some(&(unit, name)) => format!("{} {name}", ratio(ms as f64 / unit as f64)),
        None => format!("{ms} ms"),
    }
}

/// A ratio of 0..1 in percent, with a digit after the point below ten: `32 %`, `1.5 %`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let decimals = usize::from(value < 9.95);
    format!("{value:.decimals$} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_at_most_three_digits() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (8216, "8.2 kB"),
            (99_949, "99.9 kB"),
            (99_950, "100 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (1_234_567_890, "1.2 GB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(size(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn times_are_told_in_the_greatest_unit_they_fill() {
        let cases = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1500, "1.5 s"),
            (59_999, "60 s"),
            (60_000, "1 min"),
            (3_600_000, "1 h"),
            (86_400_000, "24 h"),
        ];
        for (ms, expected) in cases {
            assert_eq!(duration(ms), expected, "{ms}");
        }
    }

    #[test]
    fn numbers_are_grouped_and_signed() {
        assert_eq!([grouped(0), grouped(999), grouped(1000), grouped(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([signed_count(0), signed_count(1200), signed_count(-7)], ["0", "+1,200", "-7"]);
        assert_eq!(
            [signed_size(-8216), counted(1, "listener"), counted(1300, "listener")],
            ["-8.2 kB", "1 listener", "1,300 listeners"]
        );
        assert_eq!(
            [percent(0.3177), percent(0.0154), percent(0.0995), percent(1.0)],
            ["32 %", "1.5 %", "10 %", "100 %"]
        );
        assert_eq!([ratio(1.0), ratio(0.25), ratio(12.5), ratio(0.333)], ["1", "0.25", "12.5", "0.33"]);
    }
}

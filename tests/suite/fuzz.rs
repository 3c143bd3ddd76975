//! A bounded run of what the fuzz targets do, on seeded inputs: whatever the bytes, leakscan ends, without a panic, and
//! contradicts itself nowhere.

use leakscan::testing::random::Random;
use leakscan::testing::{fuzz, random};

/// Files in which a few bytes are wrong.
fn broken(seeds: u64, check: impl Fn(&[u8])) {
    for seed in 0..seeds {
        let mut random = Random::new(seed);
        let mut bytes = random::builder(seed % 50).json();
        for _ in 0..1 + random.below(4) {
            let at = random.below(bytes.len());
            match random.below(5) {
                0 => bytes[at] = random.pick(b"0123456789,[]{}\"\\ x-"),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, random.pick(b"0123456789,]\"")),
                3 => drop(bytes.splice(at..(at + random.below(40)).min(bytes.len()), *b"99")),
                _ => bytes.truncate(at.max(1)),
            }
        }
        check(&bytes);
    }
}

#[test]
fn broken_files() {
    broken(3000, fuzz::parse);
}

#[test]
fn redacted_files() {
    for seed in 0..50 {
        fuzz::redact(&random::builder(seed).json());
    }
    broken(3000, fuzz::redact);
}

#[test]
fn any_graph() {
    for seed in 0..5000 {
        let mut random = Random::new(seed);
        let choices: Vec<u8> = (0..random.below(1500)).map(|_| random.below(256) as u8).collect();
        fuzz::graph(&choices);
    }
}

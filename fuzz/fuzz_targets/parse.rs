//! Any bytes as a snapshot file: `cargo +nightly fuzz run parse`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| leakscan::testing::fuzz::parse(bytes));

//! Any bytes as a snapshot that is redacted: `cargo +nightly fuzz run redact`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| leakscan::testing::fuzz::redact(bytes));

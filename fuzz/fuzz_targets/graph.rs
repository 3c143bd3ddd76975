//! Any bytes as the choices of which a well-formed snapshot is made: `cargo +nightly fuzz run graph`.

#![no_main]

libfuzzer_sys::fuzz_target!(|choices: &[u8]| leakscan::testing::fuzz::graph(choices));

//! Builders and oracles for tests, benches and fuzz targets; never part of a release.

#![allow(clippy::unwrap_used, clippy::panic, reason = "here a panic is a test that fails")]

pub mod builder;
pub mod draw;
pub mod fuzz;
pub mod naive;
pub mod oracle;
pub mod random;

//! Builders and oracles for tests, benches and fuzz targets; never part of a release.

#![allow(clippy::unwrap_used, clippy::panic, reason = "here a panic is a test that fails")]

pub mod builder;
pub mod class_oracle;
pub mod draw;
pub mod fuzz;
pub mod golden;
pub mod naive;
pub mod naive_places;
pub mod oracle;
pub mod program;
pub mod random;

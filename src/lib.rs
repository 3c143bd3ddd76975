//! leakscan finds memory leaks in Node.js services and says why.
//!
//! Six rooms; data goes one way: bytes -> columns ([`mod@snapshot`]) -> graph facts (`graph`) -> questions (`analysis`)
//! -> causes (`causes`) -> reports (`report`) -> the door to JavaScript (`binding`). See `docs/architecture.md`.

pub mod analysis;
#[cfg(feature = "node")]
mod binding;
pub mod cancel;
pub mod causes;
pub mod error;
pub mod graph;
pub mod known;
pub mod progress;
pub mod report;
pub mod snapshot;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

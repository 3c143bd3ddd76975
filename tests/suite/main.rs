//! All tests of the crate that go through its public face: one binary, because each would link the crate anew.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "here a panic is a test that fails")]

mod allocated;
mod application;
mod async_context;
mod classes;
mod closure_context;
mod collection_owners;
mod collections;
mod detached_context;
mod diff;
mod dominator;
mod duplicate_strings;
mod external_memory;
mod fuzz;
mod graph;
mod handles;
mod libraries;
mod linked_collections;
mod listeners;
mod merged;
mod module_cache;
mod nested_collections;
mod parse;
mod partial;
mod paths;
mod promise_reactions;
mod sliced_strings;
mod stream_backlog;
mod summaries;
mod summary;
mod suspects;
mod timers;
mod trend;

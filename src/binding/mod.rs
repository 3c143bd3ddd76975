//! Room 6: the door to JavaScript, and the only room that knows Node-API. Conversion only, no rule.
//!
//! What crosses: a handle to a snapshot, typed arrays, and text: questions come in as JSON and answers go out as JSON, so
//! that every answer has one shape, described once by its Rust type. Failures cross as JSON too (see [`failure`]); the
//! JavaScript layer makes them errors of the caller's own realm.
//!
//! Work runs on the caller's thread or, as a [`job`], on a thread of leakscan's own: never on libuv's pool, which would
//! hold up process exit and starve the host's file and DNS calls. A panic never leaves this room.

#![allow(unreachable_pub, reason = "`#[napi]` makes these items reachable, from JavaScript")]

#[cfg(target_os = "linux")]
mod allocator;
mod answer;
mod capture_lock;
mod comparison;
mod failure;
mod feed;
mod handle;
mod job;
mod names;
mod questions;
mod redaction;
mod series;

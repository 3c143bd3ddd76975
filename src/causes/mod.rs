//! Room 4: knowledge of Node and V8. One file per cause, one trait that they all implement, one list of them.
//!
//! A cause looks at a [`Case`] and makes [`Claim`]s: a finding, and which nodes it explains. The list goes from the most
//! specific cause to the most general; what one has explained, those behind it leave alone. So a leak is told once, by the
//! cause that knows most of it.

mod allocated;
mod application;
mod async_context;
mod bound;
mod case;
mod closure_context;
mod collections;
mod copies;
mod counterparts;
mod detached_context;
mod dominator;
mod duplicate_strings;
mod external_memory;
mod finding;
mod gathering;
mod grown;
mod handles;
mod held;
mod holder;
mod increase;
mod instances;
mod keepers;
mod keys;
mod libraries;
mod listeners;
mod loader;
mod makers;
mod module_cache;
mod oddballs;
mod off_heap;
mod parting;
mod promise_reactions;
mod replaced;
mod scope_use;
mod series;
mod shared_scope;
mod sliced_strings;
mod stale_keys;
mod stream_backlog;
mod summary;
mod timers;
mod unbounded_collection;
mod uses;

pub use case::{Case, Claim, Explained, Window};
pub use finding::{Evidence, Finding, Growth, Held};
pub use listeners::{
    AuditOptions, AuditedEmitter, AuditedEvent, AuditedSite, EmitterKind, ListenerAudit, audit_listeners, listeners_of,
};
pub use series::{Series, SeriesOptions};
pub use summary::{Mode, Summary, SummaryOptions, Verdict, summarize};

use crate::cancel::CancelToken;
use crate::error::Result;

/// A way to leak.
pub trait Cause: Sync {
    /// Its name, as findings have it.
    fn name(&self) -> &'static str;

    /// What of the case, beyond what is explained already, it can explain.
    fn claims(&self, case: &Case<'_>, explained: &Explained, cancel: &CancelToken) -> Result<Vec<Claim>>;
}

/// The confidence of a claim that something grew and is healthy: its bytes are accounted for, and nothing is told.
const HEALTHY: f64 = 0.0;

/// All causes, the most specific first. A copy of a module, or a timer, may keep an emitter with all its listeners alive; a
/// listener keeps no timer and no module that would not be there without it. Keys that are kept without values are told
/// before the timers that took the values away.
pub const CAUSES: &[&dyn Cause] = &[
    &module_cache::ModuleCache,
    &stale_keys::StaleKeys,
    &timers::Timers,
    &listeners::Listeners,
    &detached_context::DetachedContext,
    &stream_backlog::StreamBacklog,
    &handles::Handles,
    &promise_reactions::PromiseReactions,
    &async_context::AsyncContext,
    &closure_context::ClosureContext,
    &sliced_strings::SlicedStrings,
    &external_memory::ExternalMemory,
    &unbounded_collection::UnboundedCollection,
    &duplicate_strings::DuplicateStrings,
    &dominator::Dominator,
];

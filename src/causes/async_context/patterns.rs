//! How Node and packages keep what belongs to a call of asynchronous work, version by version: data.

/// A property by which a resource (a promise, a timer, a socket) keeps its store.
#[derive(Debug)]
pub(super) struct StoreProperty {
    /// The versions that have it.
    pub(super) node: &'static str,
    /// Its name.
    pub(super) property: &'static str,
}

/// `AsyncLocalStorage` on top of async_hooks.
/// Source: Node `lib/async_hooks.js` (up to 22), `lib/internal/async_local_storage/async_hooks.js`.
pub(super) const STORE_PROPERTIES: &[StoreProperty] =
    &[StoreProperty { node: "AsyncLocalStorage of Node 16-22", property: "<symbol kResourceStore>" }];

/// A class of Maps from AsyncLocalStorage to store, one for each change, which resources keep.
#[derive(Debug)]
pub(super) struct FrameClass {
    /// The versions that have it.
    pub(super) node: &'static str,
    /// Its name.
    pub(super) class: &'static str,
}

/// `AsyncLocalStorage` on top of V8's continuation data; in Node 22 only if asked for.
/// Source: Node `lib/internal/async_context_frame.js`.
pub(super) const FRAME_CLASSES: &[FrameClass] =
    &[FrameClass { node: "AsyncLocalStorage of Node 24-26", class: "AsyncContextFrame" }];

/// A class with a Map by async id.
#[derive(Debug)]
pub(super) struct ContextMap {
    /// Who has it.
    pub(super) library: &'static str,
    /// Name of the class.
    pub(super) class: &'static str,
    /// The Map.
    pub(super) property: &'static str,
}

/// Packages that keep a context by async id, and take it out when the id is destroyed.
/// Source: cls-hooked `context.js`.
pub(super) const CONTEXT_MAPS: &[ContextMap] =
    &[ContextMap { library: "cls-hooked 4", class: "Namespace", property: "_contexts" }];

/// What `async_hooks.createHook` gives, with its functions. Source: Node `lib/async_hooks.js`, Node 12 to 26.
pub(super) const HOOK_CLASS: &str = "AsyncHook";
pub(super) const HOOK_INIT: &str = "<symbol init>";
pub(super) const HOOK_DESTROY: &str = "<symbol destroy>";

//! What emitters look like, as data: which property leads to their listeners, and in what shape.

use serde::{Deserialize, Serialize};

/// What an emitter is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum EmitterKind {
    /// Node's own `events`, and what inherits from it.
    EventEmitter,
    /// `EventTarget`, `AbortSignal`, `MessagePort` …
    EventTarget,
    /// A library's.
    #[serde(rename = "emitter-like")]
    EmitterLike,
}

/// What leads from an emitter to its listeners.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    /// A property of this name.
    Property(&'static str),
    /// The entries of WeakMaps whose key is an object of this class.
    WeakEntries(&'static str),
}

/// What the anchor leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// An object, or a Map, of listeners by event.
    ByEvent,
    /// The listeners of the one event there is, which people call so.
    OneEvent(&'static str),
}

/// A kind of emitter.
#[derive(Debug)]
pub(super) struct EmitterPattern {
    /// Whose it is, and the versions it was seen in.
    pub(super) library: &'static str,
    /// What it counts as.
    pub(super) kind: EmitterKind,
    /// What leads to the listeners.
    pub(super) anchor: Anchor,
    /// What that leads to.
    pub(super) shape: Shape,
    /// Class of the emitter; anything if empty.
    pub(super) class: &'static str,
    /// Class of the anchor's target; anything if empty.
    pub(super) target_class: &'static str,
    /// A property that such emitters have as well; none if empty.
    pub(super) sibling: &'static str,
}

/// A library's, whatever its class: for the entries below to say only what is particular.
const LIBRARY: EmitterPattern = EmitterPattern {
    library: "",
    kind: EmitterKind::EmitterLike,
    anchor: Anchor::Property(""),
    shape: Shape::ByEvent,
    class: "",
    target_class: "",
    sibling: "",
};

/// All known kinds. The first that fits is taken.
pub(super) const PATTERNS: &[EmitterPattern] = &[
    EmitterPattern {
        library: "eventemitter3 2-5",
        anchor: Anchor::Property("_events"),
        target_class: "Events",
        ..LIBRARY
    },
    EmitterPattern {
        library: "node:events, Node 12-26",
        kind: EmitterKind::EventEmitter,
        anchor: Anchor::Property("_events"),
        sibling: "<symbol kCapture>",
        ..LIBRARY
    },
    EmitterPattern {
        library: "like node:events (eventemitter2 0-6, backbone 1, vue 2, events 1-3)",
        anchor: Anchor::Property("_events"),
        ..LIBRARY
    },
    EmitterPattern {
        library: "EventTarget, Node 15-26",
        kind: EmitterKind::EventTarget,
        anchor: Anchor::Property("<symbol kEvents>"),
        ..LIBRARY
    },
    EmitterPattern {
        library: "AbortSignal.any, Node 20-26: the signals that depend on this one, while somebody listens to them",
        kind: EmitterKind::EventTarget,
        anchor: Anchor::Property("<symbol kDependantSignals>"),
        shape: Shape::OneEvent("abort"),
        target_class: "Set",
        ..LIBRARY
    },
    EmitterPattern {
        library: "rxjs 5-7",
        anchor: Anchor::Property("observers"),
        shape: Shape::OneEvent("next"),
        target_class: "Array",
        sibling: "isStopped",
        ..LIBRARY
    },
    EmitterPattern {
        library: "mitt 1-3",
        anchor: Anchor::Property("all"),
        class: "Object",
        sibling: "emit",
        ..LIBRARY
    },
    EmitterPattern {
        library: "nanoevents 5-9",
        anchor: Anchor::Property("events"),
        class: "Object",
        sibling: "emit",
        ..LIBRARY
    },
    EmitterPattern { library: "emittery 0-1", anchor: Anchor::WeakEntries("Emittery"), target_class: "Map", ..LIBRARY },
    EmitterPattern { library: "component-emitter 1-2", anchor: Anchor::Property("_callbacks"), ..LIBRARY },
    EmitterPattern {
        library: "i18next 22-26: a Map of listeners by event, with how often each was added",
        anchor: Anchor::Property("observers"),
        target_class: "Object",
        ..LIBRARY
    },
    EmitterPattern {
        library: "tiny-emitter 2",
        anchor: Anchor::Property("e"),
        class: "E",
        target_class: "Object",
        ..LIBRARY
    },
    EmitterPattern {
        library: "node:diagnostics_channel, Node 16-26",
        anchor: Anchor::Property("_subscribers"),
        shape: Shape::OneEvent("message"),
        target_class: "Array",
        ..LIBRARY
    },
];

/// Where a record of a listener keeps the function, as (class of the record, or any; property), most telling first: Node's
/// `Listener` (`callback`, `listener`), eventemitter3 and tiny-emitter (`fn`), backbone (`callback`), rxjs 5 and 6
/// (`SafeSubscriber._next`), rxjs 7 (`destination.partialObserver.next`); before a subscriber's own `_next`, which is an
/// operator's, comes the one that it leads to.
pub(super) const RECORD_FIELDS: [(&str, &str); 9] = [
    ("SafeSubscriber", "_next"),
    ("", "callback"),
    ("", "listener"),
    ("", "fn"),
    ("", "next"),
    ("", "handler"),
    ("", "partialObserver"),
    ("", "destination"),
    ("", "_next"),
];

/// Where a function that stands for another keeps it: `once` of Node (`listener`), component-emitter (`fn`), ws
/// (`<symbol kListener>`).
pub(super) const WRAPPED_FIELDS: [&str; 3] = ["listener", "fn", "<symbol kListener>"];

/// Where Node's `Listener` keeps an object that listens, and what is called of it. Its `callback` is then a function of Node's.
/// Source: Node `lib/internal/event_target.js`, Node 20 to 26.
pub(super) const LISTENING_OBJECT: &str = "listener";
pub(super) const HANDLER: &str = "handleEvent";

/// Where a signal that depends on another, and so listens to it, has its own listeners: by event, the head of a chain.
pub(super) const LISTENERS_OF_DEPENDANT: &str = "<symbol kEvents>";

/// Where an emitter keeps the limit that its program set.
pub(super) const LIMIT_FIELDS: [&str; 2] = ["_maxListeners", "<symbol events.maxEventTargetListeners>"];

/// What Node marks an event with, or an EventTarget, once it has warned of too many listeners.
pub(super) const WARNED_FIELDS: [&str; 2] = ["warned", "<symbol events.maxEventTargetListenersWarned>"];

/// Node's default for the listeners of one event (`events.defaultMaxListeners`).
pub(super) const DEFAULT_MAX_LISTENERS: u32 = 10;

/// Variables that hold what another variable beside them holds as well, and of which that other tells the story: the
/// executor of a promise captures `resolve` and `reject`, and the value came through `resolve`.
pub(super) const UNTELLING_VARIABLES: [&str; 1] = ["reject"];

/// What Node itself pipes into `process.stdout` and `process.stderr`: a variable of the listeners' scope, and its class. The
/// worker that is kept is the leak, not the listeners.
pub(super) const PIPED_BY_NODE: (&str, &str) = ("src", "ReadableWorkerStdio");

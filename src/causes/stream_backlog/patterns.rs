//! What streams and queues keep what waits in, as data: the class that has it, what leads to it, and how it is strung together.
//!
//! Sources: Node `lib/internal/streams/{readable,writable,buffer_list}.js`, `lib/_http_outgoing.js`, `lib/_http_agent.js`,
//! `lib/internal/webstreams/{readablestream,writablestream,util}.js`; the packages named.

/// What a backlog is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Side {
    /// Written to a stream that does not get rid of it.
    Written,
    /// In a stream that nobody reads.
    Unread,
    /// Jobs that wait for their turn.
    Queued,
}

/// How what waits is strung together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Elements of an array.
    Array,
    /// Elements of even positions; between them are sizes.
    Pairs,
    /// Elements of the arrays that are the object's properties.
    Arrays,
    /// A chain: each leads to the next one by this property.
    Chain(&'static str),
}

/// What people know instead of the object that has the backlog.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    /// The object itself.
    Itself,
    /// What holds it in this property.
    Around(&'static str),
    /// What these properties lead to.
    Inside(&'static [&'static str]),
}

/// A place where things wait.
#[derive(Debug)]
pub(super) struct BacklogPattern {
    /// Whose it is, and the versions it was seen in.
    pub(super) library: &'static str,
    pub(super) side: Side,
    /// Class of the object that has it.
    pub(super) class: &'static str,
    /// What leads from that object to what waits; the last of the way may be missing, when nothing waits.
    pub(super) way: &'static [&'static str],
    pub(super) shape: Shape,
    /// What people know instead of that object.
    pub(super) known: Known,
    /// What people call such a queue; of streams their class tells.
    pub(super) name: &'static str,
    /// Where an entry keeps what is waiting; nothing if it is the entry.
    pub(super) chunk: &'static [&'static str],
}

const NODE: BacklogPattern = BacklogPattern {
    library: "node:stream, Node 14-26",
    side: Side::Written,
    class: "WritableState",
    way: &[],
    shape: Shape::Array,
    known: Known::Around("_writableState"),
    name: "",
    chunk: &["chunk"],
};

const OUTGOING: BacklogPattern = BacklogPattern {
    library: "node:http, Node 14-26",
    side: Side::Written,
    class: "",
    way: &["outputData"],
    shape: Shape::Array,
    known: Known::Itself,
    name: "",
    chunk: &["data"],
};

const WEB: BacklogPattern = BacklogPattern {
    library: "WHATWG streams, Node 18-22",
    side: Side::Unread,
    class: "",
    way: &["<symbol kState>", "queue"],
    shape: Shape::Array,
    known: Known::Inside(&["<symbol kState>", "stream"]),
    name: "",
    chunk: &["value", "buffer"],
};

const WEB_QUEUE: BacklogPattern = BacklogPattern {
    library: "WHATWG streams, Node 24-26",
    way: &["<symbol kState>", "queue", "list"],
    shape: Shape::Pairs,
    ..WEB
};

const QUEUE: BacklogPattern = BacklogPattern {
    library: "",
    side: Side::Queued,
    class: "",
    way: &[],
    shape: Shape::Array,
    known: Known::Itself,
    name: "queue",
    chunk: &[],
};

/// All known places. Of two for one class the one that fits is taken.
pub(super) const PATTERNS: &[BacklogPattern] = &[
    BacklogPattern { way: &["<symbol kBufferedValue>"], library: "node:stream, Node 20-26", ..NODE },
    BacklogPattern { way: &["buffered"], library: "node:stream, Node 14-19; readable-stream 4", ..NODE },
    BacklogPattern {
        way: &["bufferedRequest"],
        shape: Shape::Chain("next"),
        library: "node:stream, Node 4-13; readable-stream 2-3",
        ..NODE
    },
    BacklogPattern {
        side: Side::Unread,
        class: "ReadableState",
        way: &["buffer"],
        known: Known::Around("_readableState"),
        chunk: &[],
        library: "node:stream, Node 20-26",
        ..NODE
    },
    BacklogPattern {
        side: Side::Unread,
        class: "ReadableState",
        way: &["buffer", "head"],
        shape: Shape::Chain("next"),
        known: Known::Around("_readableState"),
        chunk: &["data"],
        library: "node:stream, Node 8-20; readable-stream 2-4",
        ..NODE
    },
    BacklogPattern { class: "ClientRequest", ..OUTGOING },
    BacklogPattern { class: "ServerResponse", ..OUTGOING },
    BacklogPattern { class: "OutgoingMessage", ..OUTGOING },
    BacklogPattern { class: "ReadableStreamDefaultController", ..WEB },
    BacklogPattern { class: "ReadableStreamDefaultController", ..WEB_QUEUE },
    BacklogPattern { class: "ReadableByteStreamController", ..WEB },
    BacklogPattern { class: "ReadableByteStreamController", ..WEB_QUEUE },
    BacklogPattern { class: "WritableStreamDefaultController", side: Side::Written, ..WEB },
    BacklogPattern { class: "WritableStreamDefaultController", side: Side::Written, ..WEB_QUEUE },
    BacklogPattern {
        library: "http.Agent, Node 12-26",
        name: "http.Agent",
        class: "Agent",
        way: &["requests"],
        shape: Shape::Arrays,
        ..QUEUE
    },
    BacklogPattern {
        library: "yocto-queue 0-1 (p-limit 3-7)",
        name: "p-limit queue",
        class: "Queue",
        way: &["#head"],
        shape: Shape::Chain("next"),
        chunk: &["value"],
        ..QUEUE
    },
    BacklogPattern {
        library: "p-queue 6-9",
        name: "p-queue",
        class: "PriorityQueue",
        way: &["#queue"],
        chunk: &["run"],
        ..QUEUE
    },
    BacklogPattern {
        library: "p-queue 4-6",
        name: "p-queue",
        class: "PriorityQueue",
        way: &["_queue"],
        chunk: &["run"],
        ..QUEUE
    },
    BacklogPattern {
        library: "async 2-3",
        name: "async queue",
        class: "DLL",
        way: &["head"],
        shape: Shape::Chain("next"),
        chunk: &["data"],
        ..QUEUE
    },
    BacklogPattern {
        library: "bottleneck 2",
        name: "bottleneck queue",
        class: "DLList",
        way: &["_first"],
        shape: Shape::Chain("next"),
        chunk: &["value"],
        ..QUEUE
    },
    BacklogPattern {
        library: "denque 1-2 (ioredis, mysql2)",
        name: "denque",
        class: "Denque",
        way: &["_list"],
        ..QUEUE
    },
    BacklogPattern {
        library: "redis 4-5",
        name: "redis queue",
        class: "DoublyLinkedList",
        way: &["#head"],
        shape: Shape::Chain("next"),
        chunk: &["value"],
        ..QUEUE
    },
    BacklogPattern { library: "ws 7-8", name: "ws queue", class: "Sender", way: &["_queue"], ..QUEUE },
    BacklogPattern { library: "pg 8", name: "pg client's queue", class: "Client", way: &["queryQueue"], ..QUEUE },
    BacklogPattern { library: "pg 8", name: "pg client's queue", class: "Client", way: &["_queryQueue"], ..QUEUE },
    BacklogPattern {
        library: "pg-pool 2-3",
        name: "pg pool's queue",
        class: "BoundPool",
        way: &["_pendingQueue"],
        ..QUEUE
    },
    BacklogPattern { library: "queue 5-7", name: "queue", class: "Queue", way: &["jobs"], ..QUEUE },
];

/// A queue whose first entry hangs on a variable: fastq (1), where each leads to the next.
pub(super) const VARIABLE_QUEUE: (&str, &str) = ("Task", "queueHead");
pub(super) const VARIABLE_QUEUE_PATTERN: BacklogPattern = BacklogPattern {
    library: "fastq 1",
    name: "fastq queue",
    class: VARIABLE_QUEUE.0,
    shape: Shape::Chain("next"),
    chunk: &["value"],
    ..QUEUE
};

/// What a program gives to a stream of its own: these tell where that is.
pub(super) const GIVEN: [&str; 7] = ["_write", "_writev", "_read", "_transform", "_final", "write", "read"];

/// What is called to add to a backlog.
pub(super) const ADDING: [&str; 6] = ["write", "push", "enqueue", "add", "send", "end"];

/// What a stream has whose written and unread side are one backlog: what is written waits until what came out is read. Node
/// 15-26; readable-stream 2-3.
pub(super) const TRANSFORM: [&str; 2] = ["<symbol kCallback>", "_transformState"];

/// What a program may have of a WHATWG stream instead of the stream, as its state knows them, and what leads from each of them
/// back to the stream.
pub(super) const HANDED_OUT: [&str; 3] = ["writer", "reader", "controller"];
pub(super) const TO_STREAM: [&str; 2] = ["<symbol kState>", "stream"];

/// Where a WHATWG stream keeps the promises of what waits to be written.
pub(super) const WRITE_REQUESTS: [&str; 2] = ["<symbol kState>", "writeRequests"];

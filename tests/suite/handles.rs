//! The cause `handles`, on drawn heaps: which handles are open, which of them are a leak, and which are work under way.

use crate::summaries::{look, only};
use leakscan::analysis::diff::Identity;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, Finding, Summary, SummaryOptions, Verdict, summarize};
use leakscan::graph::Snapshot;
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::{Function, Program};

const URL: &str = "/srv/app/dist/feed.js";
const OLD: u32 = 20;
const ROUNDS: u32 = 40;

fn options(rounds: Option<u32>) -> SummaryOptions {
    SummaryOptions { rounds, unit: "request".to_owned(), ..SummaryOptions::default() }
}

fn compare(before: &Snapshot, after: &Snapshot) -> Summary {
    summarize(Some(before), after, &options(Some(ROUNDS)), &CancelToken::new()).unwrap()
}

/// From 20 to 60 of what `make` makes.
fn grow(make: impl Fn(&mut Heap, u32) -> NodeIndex) -> Summary {
    compare(&heap(OLD, &make), &heap(OLD + ROUNDS, &make))
}

fn heap(count: u32, make: impl Fn(&mut Heap, u32) -> NodeIndex) -> Snapshot {
    let mut heap = Heap::new();
    for number in 0..count {
        make(&mut heap, number);
    }
    heap.program.snapshot()
}

fn titles(summary: &Summary) -> Vec<&str> {
    summary.findings.iter().filter(|it| it.cause == "handles").map(|it| it.title.as_str()).collect()
}

fn text(finding: &Finding, name: &str) -> String {
    match finding.evidence.get(name) {
        Some(Evidence::Text(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// A program whose event loop keeps what is open.
struct Heap {
    program: Program,
    event_loop: NodeIndex,
    open: u32,
    listener: Function,
}

impl Heap {
    fn new() -> Self {
        let mut program = Program::new(URL);
        let event_loop = program.builder.node(NodeKind::SYNTHETIC, "(Global handles)", 0);
        program.builder.element(NodeIndex::ROOT, 9, event_loop);
        let listener = program.function("onData", 14, 5);
        Self { program, event_loop, open: 0, listener }
    }

    /// An object of Node's without a native half.
    fn closed(&mut self, class: &str) -> NodeIndex {
        self.program.builder.object(class, 300)
    }

    /// One whose native half hangs on the event loop.
    fn open(&mut self, class: &str, edge: &str, native: &str) -> NodeIndex {
        let object = self.closed(class);
        self.attach(object, object, edge, native);
        object
    }

    fn attach(&mut self, object: NodeIndex, holder: NodeIndex, edge: &str, native: &str) {
        let native = self.program.builder.object(native, 100);
        self.open += 1;
        self.program.builder.element(self.event_loop, self.open, native);
        self.program.builder.property(holder, edge, native).property(native, "<symbol owner_symbol>", object);
    }

    fn socket(&mut self) -> NodeIndex {
        self.open("Socket", "<symbol kHandle>", "TCP")
    }

    /// The program listens to it, with a body in the listener's scope.
    fn listen(&mut self, emitter: NodeIndex) -> NodeIndex {
        let events = self.program.emitter(emitter);
        let body = self.program.string("BODY with a secret", 3000);
        let scope = self.program.scope(&[("body", body)]);
        let listener = self.program.closure(self.listener, "onData", Some(scope));
        self.program.builder.property(events, "data", listener);
        emitter
    }

    /// A listener of Node's own.
    fn listen_inside(&mut self, emitter: NodeIndex) {
        let events = self.program.emitter(emitter);
        let listener = self.program.builder.node(NodeKind::CLOSURE, "onReadableStreamEnd", 64);
        self.program.builder.property(events, "end", listener);
    }

    /// Adds to the array `name` of the global object.
    fn keep(&mut self, name: &str, object: NodeIndex) {
        let key = format!("array {name}");
        let array = match self.program.builder.find(&key) {
            Some(array) => array,
            None => {
                let scope = self.program.scope(&[]);
                let array = self.program.builder.object("Array", 32);
                self.program.builder.edge(scope, EdgeKind::Context, name, array);
                let literal = self.program.function("open", 30, 3);
                let closure = self.program.closure(literal, "open", Some(scope));
                self.program.builder.property(self.program.global, "open", closure).key(&key, array);
                array
            }
        };
        self.program.push(array, object);
    }
}

#[test]
fn a_socket_per_request_is_a_leak() {
    let summary = grow(|heap, _| {
        let socket = heap.socket();
        heap.listen(socket)
    });
    assert_eq!(summary.verdict, Verdict::Leak);
    let finding = only(&summary);
    assert_eq!(finding.cause, "handles");
    assert_eq!(finding.title, "60 sockets that are never closed, used at dist/feed.js:14:5");
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.count, growth.count, growth.per_round), (60, 40, Some(1.0)));
    // Socket, native half, events, listener, scope, body.
    assert_eq!(finding.retained_size, 60 * (300 + 100 + 24 + 64 + 32 + 3000));
    assert_eq!(growth.bytes, 40 * (300 + 100 + 24 + 64 + 32 + 3000));
    assert_eq!(finding.confidence, 0.98);
    let steps: Vec<_> = finding.holds[0].path.iter().map(|step| step.edge_name.to_string()).collect();
    assert_eq!(steps, ["_events", "data", "context", "body"]);
    assert!(!serde_json::to_string(&summary).unwrap().contains("secret"));
}

#[test]
fn kinds_are_told_by_their_native_half() {
    let cases = [
        ("Server", "_handle", "TCP", "servers that are never closed"),
        ("Server", "_handle", "Pipe", "servers that are never closed"),
        ("Socket", "<symbol kHandle>", "Pipe", "sockets that are never closed"),
        ("TLSSocket", "<symbol kHandle>", "TLSWrap", "sockets that are never closed"),
        ("Worker", "<symbol kHandle>", "Worker", "workers that never end"),
        ("ChildProcess", "_handle", "Process", "child processes that never end"),
        ("FSWatcher", "_handle", "FSEvent", "file watchers that are never closed"),
        ("StatWatcher", "_handle", "StatWatcher", "file watchers that are never closed"),
        ("FileHandle", "<symbol kHandle>", "FileHandle", "file handles that are never closed"),
        ("BroadcastChannel", "<symbol kHandle>", "MessagePort", "broadcast channels that are never closed"),
        ("Resolver", "_handle", "ChannelWrap", "DNS resolvers that are never closed"),
        ("Gzip", "_handle", "Zlib", "zlib streams that are never closed"),
        ("BrotliCompress", "_handle", "BrotliEncoder", "zlib streams that are never closed"),
        ("ClientHttp2Session", "<symbol kHandle>", "Http2Session", "HTTP/2 sessions that are never closed"),
        ("ClientHttp2Stream", "<symbol kHandle>", "Http2Stream", "HTTP/2 streams that never end"),
    ];
    for (class, edge, native, expected) in cases {
        let summary = grow(|heap, _| {
            let object = heap.open(class, edge, native);
            heap.listen(object)
        });
        assert_eq!(titles(&summary), [format!("60 {expected}, used at dist/feed.js:14:5")], "{class} {native}");
    }
    let udp = grow(|heap, _| {
        let socket = heap.closed("Socket");
        let state = heap.closed("Object");
        heap.program.builder.property(socket, "<symbol state symbol>", state);
        heap.attach(socket, state, "handle", "UDP");
        heap.listen(socket)
    });
    assert_eq!(titles(&udp), ["60 UDP sockets that are never closed, used at dist/feed.js:14:5"]);
    let other = grow(|heap, _| heap.open("Bus", "bus", "TCP"));
    assert_eq!(titles(&other).len(), 0, "a class of that name is not Node's");
}

#[test]
fn what_was_set_as_onmessage_tells_who_uses_a_channel() {
    let summary = grow(|heap, _| {
        let channel = heap.open("BroadcastChannel", "<symbol kHandle>", "MessagePort");
        let events = heap.program.emitter(channel);
        let handler = heap.program.closure(heap.listener, "onData", None);
        let own = heap.program.builder.node(NodeKind::CLOSURE, "eventHandler", 64);
        heap.program.builder.property(own, "handler", handler).property(events, "message", own);
        channel
    });
    assert_eq!(titles(&summary), ["60 broadcast channels that are never closed, used at dist/feed.js:14:5"]);
}

#[test]
fn what_is_closed_is_no_handle() {
    let closed = grow(|heap, _| {
        let socket = heap.closed("Socket");
        heap.listen(socket);
        heap.keep("sockets", socket);
        socket
    });
    assert_eq!(titles(&closed).len(), 0);
    assert_eq!(only(&closed).cause, "unbounded-collection");
    // A file handle keeps its native half, and its promise tells.
    for (promise, findings) in [("null", 1), ("undefined", 0)] {
        let files = grow(|heap, _| {
            let file = heap.open("FileHandle", "<symbol kHandle>", "FileHandle");
            let promise = heap.program.builder.node(NodeKind::HIDDEN, promise, 0);
            heap.program.builder.property(file, "<symbol kClosePromise>", promise);
            heap.listen(file)
        });
        assert_eq!(titles(&files).len(), findings, "{promise}");
    }
}

#[test]
fn a_message_port_is_open_while_it_has_a_native_half() {
    let ports = |native: Option<&str>, owner: Option<&str>| {
        grow(|heap, _| {
            let port = heap.closed("MessagePort");
            heap.open += 1;
            heap.program.builder.element(heap.event_loop, heap.open, port);
            if let Some(native) = native {
                let native = heap.program.builder.node(NodeKind::NATIVE, native, 200);
                heap.program.builder.edge(port, EdgeKind::Internal, "javascript_to_native", native);
            }
            if let Some(owner) = owner {
                let object = heap.closed("Owner");
                heap.keep("owners", object);
                heap.program.builder.property(object, owner, port);
            }
            heap.listen(port)
        })
    };
    let open = Some("Node / MessagePort");
    assert_eq!(titles(&ports(open, None)), ["60 message ports that are never closed, used at dist/feed.js:14:5"]);
    assert_eq!(titles(&ports(None, None)).len(), 0);
    assert_eq!(titles(&ports(Some("Detached Node / JSTransferable"), None)).len(), 0);
    assert_eq!(titles(&ports(open, Some("<symbol kPort>"))).len(), 0, "a worker's");
}

#[test]
fn the_use_of_a_socket_is_told() {
    let with = |property: &'static str, class: &'static str| {
        grow(move |heap, _| {
            let socket = heap.socket();
            let other = heap.closed(class);
            heap.program.builder.property(socket, property, other);
            heap.listen(other);
            socket
        })
    };
    let place = "used at dist/feed.js:14:5";
    let server = format!("60 server connections that are never closed, {place}");
    assert_eq!(titles(&with("_server", "Server")), [server], "by the server's listener");
    let request = format!("60 HTTP requests that never end, {place}");
    assert_eq!(titles(&with("_httpMessage", "ClientRequest")), [request], "by the request's listener");
}

#[test]
fn as_many_as_before_are_no_leak() {
    let sockets = |count| {
        heap(count, |heap, _| {
            let socket = heap.socket();
            heap.listen(socket)
        })
    };
    for (before, after, findings) in [(60, 60, 0), (60, 20, 0), (20, 29, 0), (20, 30, 1)] {
        assert_eq!(titles(&compare(&sockets(before), &sockets(after))).len(), findings, "{before} -> {after}");
    }
}

/// Connections of a server: `gone` of those that were open before are closed now.
fn connections(before: u32, after: u32, gone: u32, rounds: Option<u32>) -> Summary {
    let snapshot = |is_after: bool| {
        let mut heap = Heap::new();
        let server = heap.closed("Server");
        heap.listen(server);
        for number in 0..before {
            let socket = if is_after && number < gone { heap.closed("Socket") } else { heap.socket() };
            // The builder counts ids: as many nodes in both.
            if is_after && number < gone {
                heap.program.builder.object("TCP", 0);
            }
            heap.program.builder.property(socket, "_server", server);
        }
        for _ in before - gone..after {
            if is_after {
                let socket = heap.socket();
                heap.program.builder.property(socket, "_server", server);
            }
        }
        heap.program.snapshot()
    };
    summarize(Some(&snapshot(false)), &snapshot(true), &options(rounds), &CancelToken::new()).unwrap()
}

#[test]
fn more_load_is_no_leak() {
    // Out of step with the rounds, and those from before are gone.
    assert_eq!(titles(&connections(20, 55, 20, Some(ROUNDS))).len(), 0);
    assert_eq!(titles(&connections(2, 37, 0, Some(ROUNDS))).len(), 0, "too few before to tell");
    assert_eq!(titles(&connections(20, 55, 20, None)).len(), 0);
    // In step, or all still there.
    assert_eq!(connections(20, 60, 0, Some(ROUNDS)).verdict, Verdict::Leak);
    assert_eq!(connections(20, 55, 0, Some(ROUNDS)).verdict, Verdict::Suspicious);
    assert_eq!(connections(20, 55, 0, None).verdict, Verdict::Leak);
    assert_eq!(titles(&connections(20, 55, 3, Some(ROUNDS))).len(), 0, "not nine of ten are still there");
}

#[test]
fn idle_sockets_are_a_leak_only_with_an_agent_each() {
    let idle = |per_agent: u32| {
        grow(move |heap, number| {
            if number % per_agent == 0 {
                let agent = heap.closed("Agent");
                let hosts = heap.closed("Object");
                let sockets = heap.program.builder.object("Array", 32);
                heap.program.builder.property(agent, "freeSockets", hosts).property(hosts, "a:80:", sockets);
                heap.program.builder.property(heap.program.global, &format!("agent{number}"), agent);
                heap.program.builder.key("sockets", sockets);
            }
            let socket = heap.socket();
            heap.listen_inside(socket);
            let sockets = heap.program.builder.at("sockets");
            heap.program.push(sockets, socket);
            socket
        })
    };
    assert_eq!(titles(&idle(1)), ["60 idle keep-alive sockets in 60 HTTP agents"]);
    assert_eq!(titles(&idle(2)), ["60 idle keep-alive sockets in 30 HTTP agents"]);
    assert_eq!(titles(&idle(3)).len(), 0, "pools");
    assert_eq!(titles(&idle(100)).len(), 0, "a pool");
}

#[test]
fn who_keeps_them_is_told_and_not_accused_too() {
    let kept = grow(|heap, _| {
        let session = heap.closed("Session");
        let socket = heap.socket();
        heap.listen(socket);
        heap.program.builder.property(session, "socket", socket);
        heap.keep("sessions", session);
        socket
    });
    let finding = only(&kept);
    assert_eq!(finding.title, "60 sockets that are never closed, used at dist/feed.js:14:5, kept by array sessions");
    assert_eq!(text(finding, "keptBy"), "array sessions");
    assert_eq!(finding.owner.class_name, "Array");
    assert_eq!(
        finding.growth.as_ref().unwrap().bytes,
        40 * (300 + 300 + 100 + 24 + 64 + 32 + 3000),
        "with the session"
    );
}

#[test]
fn without_listeners_the_keeper_tells_the_place() {
    let kept = grow(|heap, number| {
        let file = heap.open("FileHandle", "<symbol kHandle>", "FileHandle");
        // One of Node's own is no part of it.
        if number > 0 {
            heap.keep("files", file);
        }
        file
    });
    let finding = only(&kept);
    assert_eq!(finding.title, "59 file handles that are never closed, kept by array files (dist/feed.js:30:3)");
    assert_eq!((finding.count, finding.growth.as_ref().unwrap().count), (59, 40));
    assert_eq!(finding.location.as_ref().unwrap().line, 30);
}

#[test]
fn what_belongs_together_is_one_leak() {
    let children = grow(|heap, _| {
        let child = heap.open("ChildProcess", "_handle", "Process");
        let pipe = heap.open("Socket", "<symbol kHandle>", "Pipe");
        heap.program.builder.property(child, "stdout", pipe);
        heap.listen(child)
    });
    assert_eq!(titles(&children), ["60 child processes that never end, used at dist/feed.js:14:5"]);
    assert_eq!(text(only(&children), "with"), "60 sockets");
    let connections = |servers: fn(u32) -> u32| {
        grow(move |heap, number| {
            let server = match heap.program.builder.find("server") {
                Some(server) => server,
                None => {
                    let server = heap.closed("Server");
                    heap.program.builder.key("server", server);
                    server
                }
            };
            for _ in 0..servers(number) {
                let end = heap.socket();
                heap.program.builder.property(end, "_server", server);
                heap.listen_inside(end);
            }
            let socket = heap.socket();
            heap.listen(socket)
        })
    };
    let both = connections(|_| 1);
    assert_eq!(text(only(&both), "with"), "60 server connections", "the other ends");
    assert_eq!(titles(&connections(|_| 2)).len(), 2, "connections of others");
}

#[test]
fn in_one_snapshot_many_that_last_are_suspicious() {
    let watchers = |count| {
        heap(count, |heap, _| {
            let watcher = heap.open("FSWatcher", "_handle", "FSEvent");
            heap.listen(watcher)
        })
    };
    let summary = look(&watchers(50));
    assert_eq!(summary.verdict, Verdict::Suspicious);
    assert_eq!(titles(&summary), ["50 open file watchers, used at dist/feed.js:14:5"]);
    assert_eq!(look(&watchers(49)).verdict, Verdict::Clean);
    let requests = heap(500, |heap, _| {
        let stream = heap.open("ClientHttp2Stream", "<symbol kHandle>", "Http2Stream");
        heap.listen(stream)
    });
    assert_eq!(titles(&look(&requests)).len(), 0, "as many as there is work");
}

#[test]
fn other_processes_are_compared_by_place() {
    let options = SummaryOptions { identity: Some(Identity::DifferentProcess), ..options(Some(ROUNDS)) };
    let sockets = |count| {
        heap(count, |heap, _| {
            let socket = heap.socket();
            heap.listen(socket)
        })
    };
    let count = |after| {
        let summary = summarize(Some(&sockets(20)), &sockets(after), &options, &CancelToken::new()).unwrap();
        summary.findings.first().and_then(|finding| finding.growth.as_ref()).map(|growth| growth.count)
    };
    assert_eq!((count(60), count(20)), (Some(40), None));
}

#[test]
fn both_ends_of_an_http2_session_are_one_leak() {
    let summary = grow(|heap, _| {
        heap.open("ServerHttp2Session", "<symbol kHandle>", "Http2Session");
        let client = heap.open("ClientHttp2Session", "<symbol kHandle>", "Http2Session");
        heap.listen(client)
    });
    assert_eq!(titles(&summary), ["60 HTTP/2 sessions that are never closed, used at dist/feed.js:14:5"]);
}

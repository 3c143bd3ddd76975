//! What Node's open handles look like, as data: the class of the native half, what leads to it from the object that programs
//! know, and what people call that. Seen in Node 20 to 26.
//! Source: Node `lib/net.js`, `lib/dgram.js`, `lib/internal/{child_process,worker,worker/io,fs/watchers,fs/promises}.js`,
//! `lib/internal/dns/utils.js`, `lib/zlib.js`, `lib/internal/http2/core.js`, `lib/_tls_wrap.js`, `lib/_http_agent.js`.

/// A kind of open handles.
#[derive(Debug)]
pub(super) struct HandlePattern {
    /// What people call one.
    pub(super) noun: &'static str,
    /// Class of the native half.
    pub(super) native: &'static [&'static str],
    /// What leads to it, from the object that programs know; nothing if that is the handle itself.
    pub(super) way: &'static [&'static str],
    /// A property of that object which is an object (of this class, if one is named): tells uses of one kind of handle apart.
    pub(super) with: Option<(&'static str, &'static str)>,
    /// A property of that object which is `null` for as long as the handle is open.
    pub(super) null_while_open: Option<&'static str>,
    /// Properties of that object which lead to others whose listeners are the program's.
    pub(super) listened: &'static [&'static str],
    /// How to close one.
    pub(super) close: &'static str,
    /// What a leaked one has not done.
    pub(super) state: &'static str,
    /// Whether there are as many as there is work under way: more of it may be more load.
    pub(super) is_transient: bool,
}

const HANDLE: HandlePattern = HandlePattern {
    noun: "",
    native: &[],
    way: &[],
    with: None,
    null_while_open: None,
    listened: &[],
    close: "",
    state: "are never closed",
    is_transient: false,
};

const STREAM_HANDLES: &[&str] = &["TCP", "Pipe", "TLSWrap"];

/// All kinds. The first that fits is taken; of two that belong together (a child process and its pipes), the first is told.
pub(super) const PATTERNS: &[HandlePattern] = &[
    HandlePattern {
        noun: "worker",
        state: "never end",
        native: &["Worker"],
        way: &["<symbol kHandle>"],
        close: "`await worker.terminate()`, or keep a pool of workers",
        ..HANDLE
    },
    HandlePattern {
        noun: "child process",
        state: "never end",
        native: &["Process"],
        way: &["_handle"],
        listened: &["stdout", "stderr", "stdin"],
        close: "`child.kill()`, and see to it that each ends (`timeout`, `signal`)",
        ..HANDLE
    },
    HandlePattern { noun: "server", native: &["TCP", "Pipe"], way: &["_handle"], close: "`server.close()`", ..HANDLE },
    HandlePattern {
        noun: "HTTP/2 session",
        native: &["Http2Session"],
        way: &["<symbol kHandle>"],
        close: "`session.close()`, or keep one session for each host",
        ..HANDLE
    },
    HandlePattern {
        noun: "HTTP/2 stream",
        state: "never end",
        native: &["Http2Stream"],
        way: &["<symbol kHandle>"],
        close: "`stream.close()`, and read every response to its end",
        is_transient: true,
        ..HANDLE
    },
    HandlePattern {
        noun: "server connection",
        native: STREAM_HANDLES,
        way: &["<symbol kHandle>"],
        with: Some(("_server", "")),
        listened: &["_httpMessage", "_server"],
        close: "`socket.destroy()` or `response.end()`, and give the server timeouts (`requestTimeout`, `socket.setTimeout`)",
        is_transient: true,
        ..HANDLE
    },
    HandlePattern {
        noun: "HTTP request",
        state: "never end",
        native: STREAM_HANDLES,
        way: &["<symbol kHandle>"],
        with: Some(("_httpMessage", "ClientRequest")),
        listened: &["_httpMessage"],
        close: "`request.destroy()`, read every response to its end (or `response.resume()`), and give requests a time limit \
                (`AbortSignal.timeout`)",
        is_transient: true,
        ..HANDLE
    },
    HandlePattern {
        noun: "socket",
        native: STREAM_HANDLES,
        way: &["<symbol kHandle>"],
        listened: &["_parent"],
        close: "`socket.end()` or `socket.destroy()`, on errors too",
        ..HANDLE
    },
    HandlePattern {
        noun: "UDP socket",
        native: &["UDP"],
        way: &["<symbol state symbol>", "handle"],
        close: "`socket.close()`",
        ..HANDLE
    },
    HandlePattern {
        noun: "file watcher",
        native: &["FSEvent", "StatWatcher"],
        way: &["_handle"],
        close: "`watcher.close()` (`fs.unwatchFile` after `fs.watchFile`)",
        ..HANDLE
    },
    HandlePattern {
        noun: "file handle",
        native: &["FileHandle"],
        way: &["<symbol kHandle>"],
        null_while_open: Some("<symbol kClosePromise>"),
        close: "`await handle.close()` in a `finally`, or `await using`",
        ..HANDLE
    },
    HandlePattern {
        noun: "broadcast channel",
        native: &["MessagePort"],
        way: &["<symbol kHandle>"],
        close: "`channel.close()`",
        ..HANDLE
    },
    HandlePattern {
        noun: "message port",
        native: &["MessagePort"],
        close: "`port.close()`; one end closes the other",
        ..HANDLE
    },
    HandlePattern {
        noun: "DNS resolver",
        native: &["ChannelWrap"],
        way: &["_handle"],
        close: "one `Resolver` for all lookups",
        ..HANDLE
    },
    HandlePattern {
        noun: "zlib stream",
        native: &["Zlib", "BrotliEncoder", "BrotliDecoder", "ZstdCompress", "ZstdDecompress"],
        way: &["_handle"],
        close: "`stream.close()` or `destroy()` where its end is not reached",
        is_transient: true,
        ..HANDLE
    },
];

/// A port is open while it has this, which is what the object wraps.
pub(super) const OPEN_PORT: (&str, &str) = ("javascript_to_native", "Node / MessagePort");

/// Where an agent keeps the sockets that wait for the next request: agent `-> freeSockets -> {host: [socket, …]}`.
pub(super) const IDLE: &str = "freeSockets";

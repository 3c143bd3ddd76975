/**
 * leakscan finds memory leaks in Node.js services and says why.
 *
 * Two rules hold everywhere: a plain name answers now and blocks the event loop, `…Async` answers off the event loop; and
 * wherever a snapshot is wanted, a path, a `file:` URL or the bytes will do too.
 *
 * Sizes are bytes, ids are V8's (`@123`), lines and columns count from 1; all are plain numbers.
 */

/** The version of this package. */
export const version: string;

// ---------------------------------------------------------------------------------------------------------- sources

/** A snapshot, or what can be parsed into one now. gzip and zstd are known by their bytes, brotli by the name's `.br`. */
export type SnapshotSource = Snapshot | string | URL | Uint8Array;

/** A snapshot, or what can be parsed into one: also anything that yields its bytes, such as a readable stream. */
export type AsyncSnapshotSource = SnapshotSource | IsolatedSnapshot | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

export interface ParseOptions {
  /** Threads to use. Default: the number of cores, 8 at most. */
  threads?: number;
  /**
   * Makes do with a file that ends too early (the process died while it wrote), if all nodes are there; `meta.partial` then
   * says what is not. Types, ids, counts and their own bytes in sum are exact; see {@link PartialMeta} for the rest. Default: false, which throws
   * `ERR_LEAKSCAN_TRUNCATED`; so do comparisons and leak summaries of a part.
   */
  partial?: boolean;
}

/** Options of every function that works off the event loop. */
export interface JobOptions {
  /** Stops the work in its middle; the promise rejects with `signal.reason`. */
  signal?: AbortSignal;
  /** Called on the event loop about every 50 ms. An error that it throws ends the work and rejects the promise. */
  onProgress?: (progress: Progress) => void;
}

/** Options of what can be done in another process. */
export interface IsolateOptions {
  /**
   * Does the work in a child process, which costs this one neither memory nor threads: its bytes go through a pipe, only the
   * answer comes back. The child ends with its work, with its last open {@link IsolatedSnapshot}, or with this process, and keeps
   * nothing running. Snapshots of this process cannot go there; {@link IsolatedSnapshot}s are always asked where they are.
   */
  isolate?: 'process';
}

export interface Progress {
  /** `reading` counts bytes of (decompressed) input, the others steps. `capturing` is V8's work on this thread. */
  phase: 'capturing' | 'reading' | 'analyzing' | 'comparing' | 'explaining';
  done: number;
  /** Absent when nobody knows, as for a stream. */
  total?: number;
}

/**
 * Parses a snapshot now. Blocks the event loop for about 3 s a GB: in a service, use {@link parseAsync}.
 *
 * @throws {LeakscanError} with a code, and where it applies the section and the byte offset that is wrong
 */
export function parse(source: Exclude<SnapshotSource, Snapshot>, options?: ParseOptions): Snapshot;

/** Parses a snapshot off the event loop, on threads of leakscan's own. Streams are parsed as they come. */
export function parseAsync(
  source: Exclude<AsyncSnapshotSource, Snapshot | IsolatedSnapshot>,
  options?: ParseOptions & JobOptions & { isolate?: undefined },
): Promise<Snapshot>;
/** The same in a child process, which keeps the snapshot. */
export function parseAsync(
  source: Exclude<AsyncSnapshotSource, Snapshot | IsolatedSnapshot>,
  options: ParseOptions & JobOptions & Required<IsolateOptions>,
): Promise<IsolatedSnapshot>;

export interface ExportTablesOptions {
  /** Default: `parquet`. */
  format?: 'parquet' | 'csv' | 'ndjson';
  /** The first columns of every row: what tells this snapshot from others. Names are of letters, digits and `_`. */
  labels?: Record<string, string>;
  /** Default: all. */
  tables?: ('nodes' | 'edges' | 'classes' | 'findings')[];
}

/**
 * Writes a snapshot as tables, one file each, for DuckDB, Spark and the like; `docs/fleet.md` has the columns. Contents of strings
 * are in none of them.
 * @param directory made if it is not there; files of the same names are replaced
 */
export function exportTables(
  source: AsyncSnapshotSource,
  directory: string | URL,
  options?: ExportTablesOptions & JobOptions,
): Promise<{ table: string; file: string; rowCount: number }[]>;

/** One of `pid` and `inspect`. */
export interface AttachOptions {
  /** A process of this machine: SIGUSR1 opens its inspector, unless it is open. Linux and macOS. */
  pid?: number;
  /** `HOST:PORT` of an inspector that is open. */
  inspect?: string;
  /** Whether other hosts than this will do: an inspector's traffic is neither encrypted nor guarded. Default: false. */
  allowRemote?: boolean;
  signal?: AbortSignal;
}

/**
 * Connects to another process, for snapshots of it.
 *
 * ```js
 * const process = await attach({ pid: 4711 });
 * const snapshot = await parseAsync(process.heapSnapshot());
 * await process.close();
 * ```
 *
 * A process that does not handle SIGUSR1, which would end it, is refused. While the inspector is open, programs of this machine can
 * control the process. V8 numbers all objects anew when the connection ends: only snapshots of one attachment share ids.
 */
export function attach(options: AttachOptions): Promise<Attachment>;

/** A process whose inspector is open. */
export class Attachment {
  private constructor();
  readonly pid: number;
  /** Whether its inspector was opened for this, and `close()` closes it. */
  readonly opened: boolean;
  /** Where it listens. */
  readonly address: string;
  /**
   * The bytes of a heap snapshot as V8 writes it, for {@link parseAsync} or a file. The process stands still meanwhile. Refused with
   * `ERR_LEAKSCAN_MEMORY` when memory is short, unless `force` is given.
   */
  heapSnapshot(options?: { force?: boolean; onProgress?: (progress: { phase: 'capturing'; done: number; total?: number }) => void }): AsyncGenerator<Uint8Array, void>;
  /** Ends the connection, and closes the inspector if it was opened for this. Also when the process stands still. */
  close(): Promise<void>;
}

export interface RedactOptions {
  /** Snapshots redacted with one salt can be compared; who knows it can test guesses. Default: random, and forgotten. */
  salt?: string;
}

/**
 * Copies a snapshot without the contents of its strings: each is replaced by its length and a salted hash. Names of classes,
 * functions, variables, properties and files stay, keys that look like data do not; sizes, ids and all references are the same, and
 * so are the findings of a summary. See `docs/redact.md`.
 * @param target the file to write, compressed if its name ends in `.gz` or `.zst`; it is there once it is whole
 */
export function redact(
  source: Exclude<AsyncSnapshotSource, Snapshot>,
  target: string | URL,
  options?: RedactOptions & JobOptions,
): Promise<{ stringCount: number; hiddenCount: number }>;

/**
 * A snapshot of this process, straight from V8 into the parser: no file, no string of it in JavaScript's memory.
 *
 * V8 stops this thread while it builds its graph and while it writes it (`docs/production.md` has figures: about 50 ms per
 * MB of heap) and needs several times the heap in memory beside it. So it is refused when memory is short, and only one
 * capture of a process runs at a time, in whatever thread.
 *
 * @throws {LeakscanError} `ERR_LEAKSCAN_MEMORY` with the figures as `memory`, `ERR_LEAKSCAN_BUSY`, `ERR_LEAKSCAN_IO`
 */
export function capture(options?: CaptureOptions & { isolate?: undefined }): Promise<Snapshot>;
/** The same, parsed by a child process, which keeps the snapshot. What V8 itself takes, it takes from this process. */
export function capture(options: CaptureOptions & Required<IsolateOptions>): Promise<IsolatedSnapshot>;

export interface CaptureOptions extends ParseOptions, JobOptions {
  /** Takes it even if memory is short. Default: false. */
  force?: boolean;
  /**
   * Also saves V8's bytes to this file, which only its owner can read. A failed capture leaves no file behind, and an older
   * one as it was.
   */
  saveTo?: string | URL;
  /**
   * `true`: V8 records from now on who allocates what, until a capture with `false`; findings of captures in between tell the
   * stack (`evidence.allocatedBy`). Costs about 2 µs for every allocation of the thread, and up to twenty times a second a
   * major garbage collection and a walk over the heap, so it is for tests and for a replica without traffic. It ends by itself when
   * nothing else keeps the process running, and, with a warning, after ten minutes or when the event loop is late by more than
   * 200 ms. Ending the record makes V8 number objects anew: later captures share no ids with earlier ones.
   */
  trackAllocations?: boolean;
  /** Takes the heap of this worker thread instead: it stands still while V8 builds, this thread while V8 writes. */
  worker?: { readonly threadId: number; getHeapSnapshot(): Promise<unknown> };
}

/** What taking a snapshot cost. Times are milliseconds. */
export interface CaptureReport {
  /** Bytes of JavaScript's heap that were in use before. */
  heapUsed: number;
  /** Bytes that V8 wrote. */
  bytes: number;
  /** The thread stood still while V8 built its graph: the longest of the pauses. Of a worker's heap, the worker did. */
  buildMs: number;
  /** The thread stood still while V8 wrote, and freed its graph. */
  writeMs: number;
  /** How long this thread stood still altogether. */
  pauseMs: number;
  /** leakscan's own part of `writeMs`: handing on (and saving) the bytes. */
  leakscanMs: number;
  /** From the call to the finished snapshot. */
  totalMs: number;
  /** Bytes by which the process grew meanwhile. */
  extraMemory: number;
  /** The file of `saveTo`. */
  savedTo?: string;
}

/** Whether a capture fits, in bytes. */
export interface MemoryFigures {
  heapUsed: number;
  /** What the capture would take beside the heap, about. */
  needed: number;
  /** What the machine or the container has left. */
  available: number;
  /** The container's limit; `null` if there is none. */
  limit: number | null;
  /** Whether `needed` follows from an earlier capture of this process, or from what heaps usually take at most. */
  basis: 'model' | 'measured';
  /** How long the thread would stand still, in milliseconds. */
  expectedPauseMs: number;
}

// --------------------------------------------------------------------------------------------------------- snapshot

/** Which entries of a list. */
export interface Window {
  /** Entries at most. Default: 100. */
  limit?: number;
  /** Entries to leave out at the start. Default: 0. */
  offset?: number;
}

/**
 * A parsed heap snapshot, in native memory: about as much as the file is long. It is freed by `dispose()`, or when the
 * object is garbage-collected; V8 is told of its size. It does not survive `structuredClone` and `postMessage`: hand the
 * file's path to a worker instead.
 *
 * All numbers agree with Chrome DevTools' Memory panel, node by node.
 */
export class Snapshot {
  private constructor();

  /** Number of nodes (objects, strings, code … and V8's own). */
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** Bytes of the whole heap. */
  readonly totalSize: number;
  /** What the file's header says. */
  readonly meta: SnapshotMeta;
  readonly disposed: boolean;
  /** What taking it cost, if {@link capture} did. */
  readonly capture: CaptureReport | undefined;

  /** The heap by kind of memory, as in DevTools' Statistics view. */
  statistics(): Statistics;

  /** The class rows, as in DevTools' Summary view: largest retained size first. */
  classes(options?: ClassesOptions): ClassRow[];

  /** The objects of a class, given by its `key` or its name; those without a size are left out, as in the class rows. */
  instances(classNameOrKey: string, options?: NodesOptions): SnapshotNode[];

  /** Objects for which all that is given holds. */
  find(options?: FindOptions): SnapshotNode[];

  /** @throws {LeakscanError} `ERR_LEAKSCAN_UNKNOWN_NODE` */
  node(id: number): SnapshotNode;

  /** The references that a node holds, in the order of DevTools' Containment view: largest retained size first. */
  edges(id: number, options?: Window): SnapshotEdge[];

  /** The references to a node, in the order of DevTools' Retainers view: nearest to the roots first. */
  retainers(id: number, options?: Window): SnapshotEdge[];

  /** The node without which this one would be freed; the root's is the root. */
  dominator(id: number): SnapshotNode;

  /** The nodes whose `dominator` this one is. */
  dominated(id: number, options?: NodesOptions): SnapshotNode[];

  /** Why a node is alive: several different paths from the root, shortest first. Default limit: 5. */
  retainingPaths(id: number, options?: { limit?: number }): PathStep[][];

  /** Texts that are held more than once, as in DevTools' duplicate strings: the most wasteful first. */
  duplicateStrings(options?: Window): DuplicateString[];

  /** All nodes as typed arrays in file order; each call makes new ones. */
  columns(): Columns;

  /** Frees the native memory as soon as no work in progress uses it. Later calls throw `ERR_LEAKSCAN_DISPOSED`. */
  dispose(): void;
  [Symbol.dispose](): void;

  toJSON(): object;
}

/**
 * A snapshot that a child process keeps: the questions of a {@link Snapshot}, each answered by a promise. All of a thread are
 * kept by one child, so that they can be compared. If the child ends (the system took it for want of memory, say), questions
 * reject with `ERR_LEAKSCAN_CHILD`, and the next snapshot has a new child.
 *
 * ```js
 * const before = await capture({ isolate: 'process' });
 * // … some work …
 * const after = await capture({ isolate: 'process' });
 * console.log(String(await summarizeAsync([before, after])));
 * before.dispose();
 * after.dispose(); // ends the child
 * ```
 */
export class IsolatedSnapshot {
  private constructor();
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly totalSize: number;
  readonly meta: SnapshotMeta;
  readonly disposed: boolean;
  readonly capture: CaptureReport | undefined;
  statistics(): Promise<Statistics>;
  classes(options?: ClassesOptions): Promise<ClassRow[]>;
  instances(classNameOrKey: string, options?: NodesOptions): Promise<SnapshotNode[]>;
  find(options?: FindOptions): Promise<SnapshotNode[]>;
  node(id: number): Promise<SnapshotNode>;
  edges(id: number, options?: Window): Promise<SnapshotEdge[]>;
  retainers(id: number, options?: Window): Promise<SnapshotEdge[]>;
  dominator(id: number): Promise<SnapshotNode>;
  dominated(id: number, options?: NodesOptions): Promise<SnapshotNode[]>;
  retainingPaths(id: number, options?: { limit?: number }): Promise<PathStep[][]>;
  duplicateStrings(options?: Window): Promise<DuplicateString[]>;
  /** All of them come through the channel between the processes: 28 bytes a node. */
  columns(): Promise<Columns>;
  /** Frees the child's memory, and ends the child with its last snapshot. */
  dispose(): void;
  [Symbol.dispose](): void;
  toJSON(): object;
}

export interface SnapshotMeta {
  nodeCount: number;
  edgeCount: number;
  /** Number of texts in the file. */
  stringCount: number;
  /** Bytes of native memory that no node stands for (Node 24 and later). */
  extraNativeBytes: number;
  /** The greatest id of a JavaScript object: objects made later have greater ones. */
  maxId: number;
  /** Of a file that ends too early, read with `partial`; absent for a whole one. */
  partial?: PartialMeta;
}

/** What a file that ends too early does not have. */
export interface PartialMeta {
  /** The section in which it ends. */
  section: string;
  /** Bytes that are there. */
  offset: number;
  /** Edges of the whole heap, as the header says. */
  edgeCount: number;
  /** Whether they are all there. If not, retained sizes, distances and paths are those of the part and mean nothing. */
  hasAllEdges: boolean;
  /** Texts that are named and not there: they read `(lost)`. Names of edges are lost before those of nodes. */
  lostStringCount: number;
}

export interface ClassesOptions extends Window {
  /** Only classes whose name contains this text, in any case. */
  filter?: string;
  /** Sizes and counts: largest first; distance and name: smallest first. Default: `retainedSize`. */
  sortBy?: 'retainedSize' | 'shallowSize' | 'count' | 'distance' | 'name';
  /** Rows to the letter as DevTools makes them, with its lost groups. Default: false. */
  devtoolsCompat?: boolean;
}

export interface ClassRow {
  /** Identifies the class: also in another snapshot of the same process. */
  key: string;
  name: string;
  /** Where the class, or the constructor, stands in the source. */
  location?: SourceLocation;
  count: number;
  shallowSize: number;
  /** Bytes freed with all its objects; objects kept by others of the same class are not counted twice. */
  retainedSize: number;
  /** The least distance of its objects; `null` where DevTools shows a minus. */
  distance: number | null;
}

export interface NodesOptions extends Window {
  /** Sizes: largest first; distance and id: smallest first. Default: `retainedSize`. */
  sortBy?: 'retainedSize' | 'shallowSize' | 'distance' | 'id';
}

export interface FindOptions extends NodesOptions {
  /** The raw name, exactly: of a string its text, of a function its name. */
  name?: string;
  /** V8's node type, such as `closure` or `string`. */
  type?: string;
  /** Name or key of the class. */
  className?: string;
  minRetainedSize?: number;
  minShallowSize?: number;
  /**
   * A search as one writes it, such as `class:Session retained>1MB not name~test`; see `docs/query.md`. What is none throws
   * `ERR_LEAKSCAN_INVALID_ARG`, with the column.
   */
  where?: string;
  /** Only objects that were made after this snapshot of the same process. */
  allocatedAfter?: Snapshot;
  /** Only objects that had been made when this snapshot of the same process was taken. */
  allocatedUntil?: Snapshot;
}

/** A position in the source; `line` and `column` count from 1. */
export interface SourceLocation {
  /** Path or URL of the script. */
  url: string;
  line: number;
  column: number;
  functionName?: string;
  /**
   * The same place in the source that the script was built from (`src/home.ts`), in summaries and audits, where a source
   * map tells. Titles then tell this one; signatures are of the built place, which every host has.
   */
  source?: Omit<SourceLocation, 'source'>;
}

export interface SnapshotNode {
  id: number;
  /** The name that DevTools shows. For strings it is their text (V8 cuts it at 1024 characters). */
  name: string;
  /** V8's node type: `object`, `closure`, `string` … */
  type: string;
  className: string;
  /** Key of its class row. */
  classKey: string;
  /** Own bytes. */
  shallowSize: number;
  /** Bytes freed with it. */
  retainedSize: number;
  /** Steps from the roots; `null` where DevTools shows a minus. */
  distance: number | null;
  /** 0 unknown, 1 attached, 2 detached. */
  detachedness: 0 | 1 | 2;
  edgeCount: number;
  /** Number of edges to it, weak ones included. */
  retainerCount: number;
  /** Of a function its own position, of an object its constructor's. */
  location?: SourceLocation;
}

export interface SnapshotEdge {
  /** Name of the property or variable, or the index. */
  name: string | number;
  type: 'context' | 'element' | 'property' | 'internal' | 'hidden' | 'shortcut' | 'weak' | 'invisible';
  /** The node at the other end. */
  node: SnapshotNode;
}

export interface DuplicateString {
  /** The text, cut as V8 cuts it. */
  value: string;
  count: number;
  /** Own bytes of all of them. */
  shallowSize: number;
  /** Bytes that could be saved: all but the largest of them. */
  wastedSize: number;
  retainedSize: number;
  /** Length in UTF-16 units, where the snapshot has only a part of the text and tells. */
  fullLength?: number;
  /** The first of them, 10 at most. */
  ids: number[];
}

/** All in file order, so that position `i` is the same node in each. */
export interface Columns {
  id: Uint32Array;
  shallowSize: Float64Array;
  retainedSize: Float64Array;
  /** DevTools' own values: -5 for unreached nodes, and 100,000,000 and more where DevTools shows a minus. */
  distance: Int32Array;
  /** As ids. */
  immediateDominator: Uint32Array;
}

/**
 * Bytes by kind of memory, as in DevTools' Statistics view. `codeSize` to `otherJsSize` make up `v8HeapSize`; `typedArraysSize`
 * and `otherNativeSize` make up `nativeSize`; both together are `totalSize`.
 */
export interface Statistics {
  totalSize: number;
  /** JavaScript's heap. */
  v8HeapSize: number;
  /** Compiled code and what belongs to it. */
  codeSize: number;
  stringsSize: number;
  /** Arrays, with their elements where these belong to one array only. */
  jsArraysSize: number;
  /** V8's own objects. */
  systemSize: number;
  otherJsSize: number;
  /** Memory outside of JavaScript's heap. */
  nativeSize: number;
  /** Contents of Buffers and ArrayBuffers. */
  typedArraysSize: number;
  otherNativeSize: number;
}

// ------------------------------------------------------------------------------------------------------------- text

/** How the text of an answer looks. Whether there is a terminal is not looked at: say so. */
export interface TextStyle {
  /** `html` is a page that needs no network: of summaries, diffs, trends and audits of snapshots. Default: `text`. */
  format?: 'text' | 'markdown' | 'html';
  /** Columns of a line; names are shortened to fit. Default: 100; 40 at least. */
  width?: number;
  /** ANSI colours. Default: false. */
  color?: boolean;
  /** Sizes in bytes, exactly, instead of `8.2 kB`. Default: false. */
  bytes?: boolean;
  /** Rows of a table at most: classes of a diff, emitters of an audit. Default: 30 and 20. */
  limit?: number;
}

// ------------------------------------------------------------------------------------------------------------- diff

/** Figures of one snapshot. */
export interface Totals {
  nodeCount: number;
  edgeCount: number;
  totalSize: number;
}

/**
 * Compares two snapshots as DevTools' Comparison view does, and beyond it. Reads them now; see {@link diffAsync}.
 *
 * Snapshots given as paths or bytes stay in memory as long as the diff, for {@link Diff.added}.
 */
export function diff(before: SnapshotSource, after: SnapshotSource, options?: DiffOptions): Diff;
export function diffAsync(
  before: Exclude<AsyncSnapshotSource, IsolatedSnapshot>,
  after: Exclude<AsyncSnapshotSource, IsolatedSnapshot>,
  options?: DiffOptions & JobOptions & { isolate?: undefined },
): Promise<Diff>;
export function diffAsync(
  before: AsyncSnapshotSource,
  after: AsyncSnapshotSource,
  options?: DiffOptions & JobOptions & IsolateOptions,
): Promise<IsolatedDiff>;

/** A {@link Diff} made by a child process. */
export interface IsolatedDiff extends Omit<Diff, 'added'> {
  /** As {@link Diff.added}, asked of the child, as long as it keeps both {@link IsolatedSnapshot}s. */
  added(classKey: string, options?: Window): Promise<number[]>;
}

export interface DiffOptions {
  /** Rows to the letter as DevTools makes them, with its lost groups. Default: false. */
  devtoolsCompat?: boolean;
  /** Classes whose change is known and accepted, by `className`: only their number is told. */
  ignore?: (IgnoreRule | string)[];
}

export class Diff {
  private constructor();
  readonly schemaVersion: number;
  /**
   * Whether both snapshots are of one process, and objects are told apart by their ids; else they share no ids, and only
   * numbers are compared, by class and by path.
   */
  readonly identity: Identity;
  readonly before: Totals;
  readonly after: Totals;
  /** Classes that changed, the most bytes added first. */
  readonly classes: ClassDelta[];
  /** The objects of both snapshots that gained most, the most bytes first; 100 at most, none in different processes. */
  readonly owners: OwnerGrowth[];
  /** Of different processes: the places in the dominator tree that retain more, the most bytes first; 100 at most. */
  readonly paths: PathGrowth[];
  /** How many more classes there are that `ignore` rules match. */
  readonly ignored: number;
  /**
   * Ids of a class's new objects, ascending; of different processes none can be told.
   * @param classKey `key` of a class row
   */
  added(classKey: string, options?: Window): number[];
  /** A table for people. */
  toString(style?: TextStyle): string;
  toJSON(): object;
}

export type Identity = 'same-process' | 'different-process';

export interface ClassDelta {
  key: string;
  name: string;
  location?: SourceLocation;
  /** Objects that are new. */
  addedCount: number;
  /** Objects that are gone. */
  removedCount: number;
  countDelta: number;
  /** Own bytes of the new objects. */
  addedSize: number;
  removedSize: number;
  sizeDelta: number;
  /** Change of the bytes freed with all objects of the class. */
  retainedDelta: number;
}

/**
 * An object of both snapshots, and what it gained: the new objects whose nearest older dominator it is, less those that went.
 */
export interface OwnerGrowth {
  id: number;
  name: string;
  className: string;
  addedCount: number;
  removedCount: number;
  addedSize: number;
  removedSize: number;
  sizeDelta: number;
  /** Bytes that it keeps alive in the newer snapshot. */
  retainedSize: number;
  retainedDelta: number;
}

/** A place in both dominator trees that retains more in the newer snapshot. */
export interface PathGrowth {
  /** Names of classes from below the root on, dominators first; the last is what grew. */
  path: string[];
  /** Objects at this place in the newer snapshot. */
  count: number;
  countDelta: number;
  /** Bytes that they keep alive in the newer snapshot. */
  retainedSize: number;
  retainedDelta: number;
}

// ------------------------------------------------------------------------------------------------------------ trend

/**
 * What grew from each of two or more snapshots to the next, by merged path: objects that are reached from the root by equal
 * names count as one place, where array indices, entries of Maps and Sets and keys that are data all read `[x]`. Works for
 * snapshots of one process and of several. Reads the snapshots now, one after the other: two are in memory at a time, and
 * at most 64 MB of figures for all of them.
 *
 * ```js
 * const grown = trend(['0.heapsnapshot', '1.heapsnapshot', '2.heapsnapshot'], { rounds: [7, 13], unit: 'request' });
 * for (const { className, path, perRound } of grown.rows) console.log(className, path.at(-1), perRound?.count);
 * console.log(String(summarize(grown)));
 * ```
 */
export function trend(subject: SnapshotSource[] | Diff, options?: TrendOptions): Trend;
/** A trend that a child process made keeps no series: summarize the snapshots. */
export function trendAsync(
  subject: AsyncSnapshotSource[] | Diff | IsolatedDiff,
  options?: TrendOptions & JobOptions & IsolateOptions,
): Promise<Trend>;

export interface TrendOptions extends SeriesOptions {
  /** Rows at most. Default: 20. */
  limit?: number;
  /** Growth that is known and accepted: only the number of such rows is told. */
  ignore?: (IgnoreRule | string)[];
}

/** What grew over a series. It keeps what the causes found, for {@link summarize}. */
export class Trend {
  private constructor();
  readonly schemaVersion: number;
  /** `same-process` if all snapshots are of one. Places are compared by path in either case. */
  readonly identity: Identity;
  /** The oldest first. */
  readonly snapshots: Totals[];
  /** As given. */
  readonly rounds?: number | number[];
  readonly unit: string;
  /** What grew in step with the rounds first, most bytes first; backlogs last. */
  readonly rows: TrendRow[];
  /** Number of rows, told or not. */
  readonly rowCount: number;
  /** How many more there are that `ignore` rules match. */
  readonly ignored: number;
  /** A table for people. */
  toString(): string;
  toJSON(): object;
}

/** A place that grew: of what is below it, only what grows faster than itself has a row of its own. */
export interface TrendRow {
  /** The class of what piles up there; `f()` for functions. */
  className: string;
  /** From the root, or from `process` or `global` where it passes one. */
  path: TrendStep[];
  /** How many there are, by snapshot. */
  counts: number[];
  /** Their bytes, with those of all that is reached through them, by snapshot. */
  sizes: number[];
  /** By how much it grew from each snapshot to the next. */
  countDeltas: number[];
  sizeDeltas: number[];
  /** Growth by snapshot: a median that one odd snapshot does not bend. */
  slope: Rate;
  /** The same by round, when the number of rounds was given. */
  perRound?: Rate;
  /** Whether every growth is a whole multiple of its rounds: the mark of a leak. */
  exact: boolean;
  /**
   * `steady`: in step with the rounds, where these are known; `uneven`: out of step; `waning`: by less and less, as a cache
   * fills; `backlog`: it grew and fell again, as work that piled up and was done: no leak.
   */
  pace: 'steady' | 'uneven' | 'waning' | 'backlog';
  /** Other classes that came with it in the same place, as keys with values. */
  also?: string[];
  /** Where the source makes them, or the function that keeps them. */
  location?: SourceLocation;
  /** The newest of them in the last snapshot. */
  example?: NodeRef;
  /** The same for the same place in another series, process or host. */
  signature: string;
}

export interface TrendStep {
  /** Name of the property or variable, or `[x]`. */
  edgeName: string;
  className: string;
}

export interface Rate {
  count: number;
  bytes: number;
}

// ---------------------------------------------------------------------------------------------------------- summary

/**
 * The leak summary. Of one snapshot: what is suspicious by size and shape, at most `suspicious`. Of two (a list or a
 * {@link Diff}): what really grows. Of three or more (a list or a {@link Trend}): what grows between any two neighbours, and
 * in step with the rounds; a cache that is still filling is told from a leak only so. A healthy service gives `clean` and no
 * findings.
 *
 * ```js
 * const summary = summarize(['before.heapsnapshot', 'after.heapsnapshot'], { rounds: 300, unit: 'request' });
 * console.log(String(summary));
 * if (summary.verdict === 'leak') report(summary.findings[0].title, summary.findings[0].signature);
 * ```
 *
 * The snapshots of a longer list are read one after the other, and two are in memory at a time. Of a trend, only `limit` and
 * `ignore` can be given: the rest was settled when it was made.
 */
export function summarize(subject: SnapshotSource | SnapshotSource[] | Diff, options?: SummaryOptions): Summary;
export function summarize(subject: Trend, options?: Pick<SummaryOptions, 'limit' | 'ignore'>): Summary;
export function summarizeAsync(
  subject: AsyncSnapshotSource | AsyncSnapshotSource[] | Diff | IsolatedDiff,
  options?: SummaryOptions & JobOptions & IsolateOptions,
): Promise<Summary>;
export function summarizeAsync(
  subject: Trend,
  options?: Pick<SummaryOptions, 'limit' | 'ignore'> & JobOptions,
): Promise<Summary>;

export interface SeriesOptions {
  /**
   * How many rounds of the same work (requests, for example) lay between two neighbours: one number for all, or a list with
   * a number for each. Gives growth per round. Different primes, such as `[7, 13]`, tell a leak best from all else.
   */
  rounds?: number | number[];
  /** What a round is called in texts. Default: `round`. */
  unit?: string;
  /** Takes the snapshots for ones of one process, or of several. Default: found out. */
  identity?: Identity;
  /** Whether the answer may hold beginnings of the heap's strings, 80 characters at most each. Default: `none`. */
  strings?: 'none' | 'preview';
  sourceMaps?: SourceMapOption;
}

export interface SummaryOptions extends SeriesOptions {
  /** Findings at most. Default: 10. */
  limit?: number;
  /** Growth that is known and accepted: it does not count for the verdict, and only its number is told. */
  ignore?: (IgnoreRule | string)[];
}

/**
 * What to ignore; if there are several conditions, all must hold. Patterns may have `*` for any characters but a point, and
 * `**` for any at all. As a line: `signature:98c60dff22c18f3a`, `cause:timers`, `class:Session`, `path:**.cache`.
 */
export interface IgnoreRule {
  /** Of one finding or row. */
  signature?: string;
  /** Of one kind of leak; rows of a trend have none. */
  cause?: Cause;
  /** Pattern of the class of the owner, or of what piles up. */
  className?: string;
  /**
   * Pattern of the whole path: names with points between them, `[x]` for indices, entries and keys that are data, from
   * `process` or `global` on where it passes one: `process.mainModule.exports.cache`.
   */
  path?: string;
}

/**
 * The rules of an ignore file, one a line; empty lines and what follows a `#` are left out.
 * @throws {LeakscanError} `ERR_LEAKSCAN_INVALID_ARG`, with the line
 */
export function parseIgnore(text: string): IgnoreRule[];

/**
 * Where source maps of built code are looked for: beside the scripts (`home.js.map`) and where the scripts say
 * (`//# sourceMappingURL=`), which is the default; in one or several directories first; or nowhere (`false`). Only files of
 * this machine are read, only for places that the answer tells, and one that is absent or broken costs nothing but the mapping.
 */
export type SourceMapOption = boolean | string | string[];

export class Summary {
  private constructor();
  readonly schemaVersion: number;
  readonly verdict: 'leak' | 'suspicious' | 'clean';
  /** How many snapshots it is about: one, two, or more. */
  readonly mode: 'single' | 'diff' | 'trend';
  /** Absent for a single snapshot. */
  readonly identity?: Identity;
  /** As given. */
  readonly rounds?: number | number[];
  readonly unit: string;
  /** The older snapshot, or the first; absent for a single one. */
  readonly before?: Totals;
  /** The newer snapshot, or the last, or the only one. */
  readonly after: Totals;
  /** All of a series of three or more, the oldest first. */
  readonly snapshots?: Totals[];
  /** The one to fix first comes first. */
  readonly findings: Finding[];
  /** How many more there are that `ignore` rules match. */
  readonly ignored: number;
  /** A report for people: the verdict, then each finding with its path, figures and advice. */
  toString(style?: TextStyle): string;
  toJSON(): object;
}

/** The kinds of leaks that leakscan names; `dominator` is what nothing more specific explains. See `docs/causes.md`. */
export type Cause =
  | 'listeners'
  | 'timers'
  | 'module-cache'
  | 'stale-keys'
  | 'detached-context'
  | 'stream-backlog'
  | 'handles'
  | 'promise-reactions'
  | 'async-context'
  | 'closure-context'
  | 'sliced-strings'
  | 'external-memory'
  | 'unbounded-collection'
  | 'duplicate-strings'
  | 'dominator';

export interface Finding {
  cause: Cause;
  /** The thing, the number and the place, in one line. */
  title: string;
  /** What to do. */
  advice: string;
  /** How sure it is, from 0 to 1. */
  confidence: number;
  /** How many there are now; with `evidence.room`, for how many there is room. */
  count: number;
  /** How much more there is than in the older snapshot; absent for a single one. */
  growth?: Growth;
  /** Bytes of the things themselves. */
  shallowSize: number;
  /** Bytes freed with them. */
  retainedSize: number;
  /** The same as part of the heap, from 0 to 1. */
  share: number;
  /** Whose they are. */
  owner: NodeRef;
  /** Where the source makes them. */
  location?: SourceLocation;
  /** From the root to the owner. */
  path: PathStep[];
  /** The memory that one of them keeps, and through what. */
  holds?: { node: NodeRef; path: PathStep[]; retainedSize: number }[];
  /** Where they pile up. */
  accumulationPoint?: NodeRef;
  /** Names to search the source for. */
  keywords: string[];
  /** The same for the same bug in another snapshot, process or host. */
  signature: string;
  /**
   * What else was seen. Of any cause: `library`, `libraryVersions`, `libraryNote` and `libraryUrl`, of a package that is known
   * to leak so; `libraryFrame`, the library's place where `location` is the application's; `addedAt`, the one place in the source that adds
   * to the collection, where the source can be had and there is one; `room`, for how many numbers a
   * collection has room, where nothing else is known of them; `sharedScope`, `variable` and `usesKnownBy` (`source`, `bytecode`
   * or `unknown`), where a shared scope is why so much is kept; `allocatedBy`, the functions that allocated most of it, the
   * innermost first, and `allocatedCount`, how many, where V8 recorded that (`trackAllocations`).
   */
  evidence: Record<string, number | string>;
}

export interface Growth {
  count: number;
  /** Bytes that they retain. */
  bytes: number;
  /** `count` by round, when the number of rounds was given. */
  perRound?: number;
}

/** A node, without the program's data: of a string only its length, unless `strings: 'preview'` was asked for. */
export interface NodeRef {
  id: number;
  /** The class of an object, the name of a function, `module` and the file of a module. */
  name: string;
  className: string;
  type: string;
  shallowSize: number;
  retainedSize: number;
  location?: SourceLocation;
}

/** One reference of a path, and what it leads to. */
export interface PathStep {
  /** Name of the property or variable, or the index; `[key]` where the name looks like data. */
  edgeName: string;
  /** `omitted` stands for the middle of a long path; `edgeName` then says how many steps are left out. */
  edgeType: SnapshotEdge['type'] | 'omitted';
  node: NodeRef;
}

// -------------------------------------------------------------------------------------------------------- listeners

/**
 * Every emitter of a snapshot, with its listeners by event and by the place in the source that made them. Of several
 * snapshots, the last is told, with the growth since the first.
 *
 * Without a subject: the emitters of this process, now, with the growth since the last audit. Seen are `process`, `cluster`,
 * open handles (servers, sockets …), timers, and what the exports of loaded modules and the variables of their functions lead
 * to; with `{ all: true }` every emitter alive, for which V8 walks the heap (`docs/production.md` has figures). Nothing of the program runs: no getter, no
 * proxy trap, no overridden method.
 */
export function auditListeners(options?: LiveAuditOptions): ListenerAudit;
export function auditListeners(subject: undefined, options?: LiveAuditOptions): ListenerAudit;
export function auditListenersAsync(options?: LiveAuditOptions & JobOptions): Promise<ListenerAudit>;
export function auditListenersAsync(subject: undefined, options?: LiveAuditOptions & JobOptions): Promise<ListenerAudit>;
export function auditListeners(subject: SnapshotSource | SnapshotSource[] | Diff, options?: AuditOptions): ListenerAudit;
export function auditListenersAsync(
  subject: AsyncSnapshotSource | AsyncSnapshotSource[] | Diff | IsolatedDiff,
  options?: AuditOptions & JobOptions & IsolateOptions,
): Promise<ListenerAudit>;

export interface AuditOptions {
  /** Emitters at most, those with the most listeners (or growth) first. Default: 100. */
  limit?: number;
  sourceMaps?: SourceMapOption;
}

export interface LiveAuditOptions {
  /** Emitters at most, those with the most growth or listeners first. Default: 100. */
  limit?: number;
  /** Every emitter alive, not only those that can be reached from what Node.js exposes. Default: false. */
  all?: boolean;
}

export class ListenerAudit {
  private constructor();
  readonly schemaVersion: number;
  readonly emitters: Emitter[];
  /** Number of emitters that have listeners, told or not. */
  readonly emitterCount: number;
  /** Listeners of all emitters, told or not. */
  readonly totalListeners: number;
  /** The emitters told that have more listeners of an event than their limit. */
  readonly overLimit: Emitter[];
  /** What is missing and why, where there is no inspector in the process or it fails. */
  readonly missing?: string;
  /** A table for people. */
  toString(style?: TextStyle): string;
  toJSON(): object;
}

export interface Emitter {
  /** Absent for a live audit. */
  id?: number;
  /** `process`, or the class. */
  name: string;
  kind: 'EventEmitter' | 'EventTarget' | 'emitter-like';
  /** The limit of listeners of an event; `null` if there is none, or the snapshot does not tell it. */
  maxListeners: number | null;
  /** From the root to it. Absent for a live audit. */
  path?: PathStep[];
  /** Of a live audit: where it was found, such as `require("/srv/app/bus.js").bus`; absent if only V8 knew it. */
  reachedBy?: string;
  events: EmitterEvent[];
}

export interface EmitterEvent {
  /** `[key]` where the name looks like data. */
  event: string;
  count: number;
  /** How many more than in the first snapshot; absent for one snapshot. */
  growth?: number;
  sites: ListenerSite[];
}

export interface ListenerSite {
  /** Absent for built-in functions. */
  location?: SourceLocation;
  /** Empty for a function without a name. */
  functionName: string;
  count: number;
  /** Bytes freed with them. Absent for a live audit. */
  retainedSize?: number;
}

/**
 * The timers of this process that are set, by kind, delay and the place of their callback; with the growth since the last
 * audit. All but the one whose callback is running. Takes milliseconds (`docs/production.md` has figures).
 */
export function auditTimers(options?: { limit?: number }): TimerAudit;

export class TimerAudit {
  private constructor();
  readonly schemaVersion: number;
  /** Those that grew most, then the most frequent first. */
  readonly timers: TimerSite[];
  /** Number of places, told or not. */
  readonly siteCount: number;
  readonly totalTimers: number;
  /** What is missing and why, where there is no inspector in the process or it fails. */
  readonly missing?: string;
  /** A table for people. */
  toString(): string;
  toJSON(): object;
}

export interface TimerSite {
  kind: 'interval' | 'timeout' | 'immediate';
  /** Milliseconds; 0 for immediates. */
  delay: number;
  /** Where the callback stands; absent for a built-in one, such as a promise's `resolve`. */
  location?: SourceLocation;
  functionName: string;
  count: number;
  /** How many of them keep the process running: those without `unref()`. */
  refCount: number;
  /** How many more than in the last audit; absent in the first. */
  growth?: number;
}

/** What keeps the event loop of this process alive, with the growth since the last audit. Takes microseconds. */
export function auditHandles(options?: { limit?: number }): HandleAudit;

export class HandleAudit {
  private constructor();
  readonly schemaVersion: number;
  readonly handles: HandleKind[];
  readonly totalHandles: number;
  /** What is missing and why, where there is no inspector in the process or it fails. */
  readonly missing?: string;
  /** Node's own counts by name (`process.getActiveResourcesInfo()`): also timers and what is no object. */
  readonly resources: Record<string, number>;
  /** A table for people. */
  toString(): string;
  toJSON(): object;
}

export interface HandleKind {
  /** The class, and what the operating system has behind it: `Server (TCP)`. */
  kind: string;
  count: number;
  /** How many more than in the last audit; absent in the first. */
  growth?: number;
  /** The program's first listener on each, for Node.js does not keep who opened it. */
  sites: (ListenerSite & { event: string })[];
}

/**
 * Records who adds listeners, until `stop()`: a stack for one of ten registrations (random), which costs 2 to 4 µs each on
 * average. What it keeps are texts.
 */
export function trackListeners(options?: TrackOptions): ListenerTracker;

export interface TrackOptions {
  /** One of so many registrations is recorded. Default: 10. */
  every?: number;
  /** Frames of a stack at most. Default: 6. */
  frames?: number;
  /** Different stacks at most. Default: 1000. */
  limit?: number;
}

export class ListenerTracker {
  private constructor();
  readonly active: boolean;
  report(): TrackReport;
  /** Puts everything back as it was; the report stays. */
  stop(): void;
  toJSON(): TrackReport;
}

export interface TrackReport {
  schemaVersion: number;
  /** All since the start. */
  registrations: number;
  every: number;
  /** The most frequent first. */
  sites: {
    emitter: string;
    event: string;
    /** The innermost call first, without Node's own. */
    stack: SourceLocation[];
    recorded: number;
    /** `recorded` times `every`. */
    estimate: number;
  }[];
  /** Recorded ones whose stack was one too many. */
  notRecorded: number;
}

// ------------------------------------------------------------------------------------------------------- alive, or not

/**
 * What keeps an object of this process alive: its retaining paths, from a captured snapshot. What is asked at about the same
 * time shares one snapshot. leakscan itself holds the object weakly meanwhile; the caller should too (not in a variable that
 * is used later), or that is the answer.
 *
 * @throws {LeakscanError} as {@link capture}
 */
export function whyAlive(object: object, options?: WhyOptions): Promise<WhyAlive>;

export interface WhyOptions {
  /** Paths at most. Default: 3. */
  limit?: number;
  /** Captures even if memory is short. Default: false. */
  force?: boolean;
  signal?: AbortSignal;
}

export class WhyAlive {
  private constructor();
  readonly schemaVersion: number;
  /** `false` when it was collected before, or by, the capture; the fields up to `paths` are absent then. */
  readonly alive: boolean;
  readonly id?: number;
  readonly className?: string;
  readonly shallowSize?: number;
  /** Bytes freed with it. */
  readonly retainedSize?: number;
  readonly location?: SourceLocation;
  /** From the root to the object, shortest first. */
  readonly paths: PathStep[][];
  /** The paths as trees, with lines. */
  toString(): string;
  toJSON(): object;
}

/**
 * Resolves when an object has been collected, and rejects with what keeps it when it has not within `timeout`. Collections
 * are forced meanwhile (each stops the thread for as long as a major collection takes); a snapshot is captured only when the
 * object is still there at the end, one for all that wait.
 *
 * ```js
 * connection.on('close', () => expectCollected(session, 'the session of a closed connection').catch(log.warn));
 * ```
 *
 * @throws {LeakscanError} `ERR_LEAKSCAN_LEAK`, with the paths in `message` and as `alive`
 */
export function expectCollected(object: object, label?: string, options?: ExpectOptions): Promise<void>;

export interface ExpectOptions extends WhyOptions {
  /** Milliseconds until it must be gone. Default: 5000. */
  timeout?: number;
}

// ------------------------------------------------------------------------------------------------------ allocations

/**
 * Samples who allocates what is still alive at the end, through V8's sampling heap profiler. With the default `interval` it
 * costs nothing that could be measured.
 *
 * @throws {LeakscanError} `ERR_LEAKSCAN_BUSY` while another sampling of this thread is under way
 */
export function sampleAllocations(options?: SampleOptions): Promise<AllocationProfile>;

/** Reads a `.heapprofile`, as `node --heap-prof`, DevTools and V8 write it, also compressed: gzip and (Node.js 22.15 and later) zstd are known
 * by their bytes, brotli by the name's `.br`. (A `.heaptimeline` is a snapshot: {@link parse}; findings tell its stacks.) */
export function readAllocations(source: string | URL | Uint8Array, options?: { limit?: number }): Promise<AllocationProfile>;

export interface SampleOptions {
  /** Milliseconds. Default: 10,000. */
  duration?: number;
  /** Bytes between two samples on average. Default: 524,288. */
  interval?: number;
  /** Sites at most. Default: 100. */
  limit?: number;
  signal?: AbortSignal;
}

export class AllocationProfile {
  private constructor();
  readonly schemaVersion: number;
  /** Bytes, estimated from the samples, as all here. */
  readonly totalSize: number;
  readonly sampleCount: number;
  readonly siteCount: number;
  /** By function: what itself allocated most comes first. */
  readonly sites: AllocationSite[];
  /** By stack, callers above. */
  readonly tree: AllocationFrame;
  /** A table for people. */
  toString(): string;
  toJSON(): object;
}

export interface AllocationSite {
  functionName: string;
  /** Absent for V8's own frames. */
  location?: SourceLocation;
  /** What the function itself allocated. */
  selfSize: number;
  /** With what it called. */
  totalSize: number;
}

export interface AllocationFrame extends AllocationSite {
  children: AllocationFrame[];
}

// ----------------------------------------------------------------------------------------------- when all is nearly lost

/**
 * Lets V8 write a snapshot when JavaScript's heap is nearly full, and gathers in `dir` what earlier processes left. V8 writes
 * where Node.js tells it (`--diagnostic-dir`, else the working directory) and often dies soon after, so call it at every start.
 *
 * ```js
 * const { left } = onNearHeapLimit({ dir: 'snapshots' });
 * for (const file of left) log.warn(String(await summarizeAsync(file)));
 * ```
 *
 * @throws {LeakscanError} `ERR_LEAKSCAN_MEMORY` and `ERR_LEAKSCAN_IO` where memory or disk would not do
 */
export function onNearHeapLimit(options?: NearHeapLimitOptions): { directory: string; left: string[] };

export interface NearHeapLimitOptions {
  /** Where snapshots of earlier processes are gathered. Default: the working directory. */
  dir?: string;
  /** How many of them stay, the newest. Default: 2. */
  keep?: number;
  /** How many snapshots V8 may write in this process. Default: 1. */
  limit?: number;
  /** Also without the memory and disk that it needs. Default: false. */
  force?: boolean;
}

/**
 * Writes a summary (`leakscan-PID-N.txt` and `.json`) when a signal comes: first of one snapshot, then of what leaked since the
 * last signal. The snapshot in between waits on disk.
 */
export function onSignal(options?: OnSignalOptions): { close(): void };

export interface OnSignalOptions extends IsolateOptions {
  /** Default: `SIGUSR2`. */
  signal?: string;
  /** Default: the working directory. */
  dir?: string;
  onSummary?: (summary: Summary, files: { text: string; json: string }) => void;
  /** Told why there is none; else a process warning tells. */
  onError?: (error: unknown) => void;
  /** Captures even if memory is short. Default: false. */
  force?: boolean;
}

// --------------------------------------------------------------------------------------------------------- watchdog

/**
 * Looks into the main thread when it has not answered for a while: where it is stuck, what memory it has, who listens. A worker
 * does it, through the inspector in the process: nothing listens on a port, the thread is paused for the time of one message
 * only, and not at all while the process may be debugged. One for a process; it costs a worker (about 10 MB) and a timer.
 *
 * @throws {LeakscanError} `ERR_LEAKSCAN_BUSY` if there is one already, `ERR_LEAKSCAN_UNSUPPORTED` in a worker
 */
export function watchdog(options?: WatchdogOptions): Watchdog;

export interface WatchdogOptions {
  /** Milliseconds without an answer that count as stuck. Default: 5000. */
  timeout?: number;
  /** Where reports are written while the thread is stuck (`leakscan-stuck-PID-N.json`). Default: nowhere. */
  dir?: string;
  /** Reports at most. Default: 5. */
  limit?: number;
  /** Also lets V8 write a snapshot of the stuck thread to `dir`, if there is memory for it. Default: false. */
  snapshot?: boolean;
  /** Writes it even if memory is short. Default: false. */
  force?: boolean;
}

export interface WatchdogEvents {
  /** Told once the thread runs again; the file is there before. */
  stuck: [report: StuckReport];
  /** The worker could not go on. */
  failed: [error: unknown];
}

/** Also has the other methods of an `EventEmitter`. */
export class Watchdog {
  private constructor();
  on<E extends keyof WatchdogEvents>(event: E, listener: (...args: WatchdogEvents[E]) => void): this;
  once<E extends keyof WatchdogEvents>(event: E, listener: (...args: WatchdogEvents[E]) => void): this;
  off<E extends keyof WatchdogEvents>(event: E, listener: (...args: WatchdogEvents[E]) => void): this;
  readonly closed: boolean;
  /** Ends it. V8 numbers all objects anew then: snapshots from before and after share no ids. */
  close(): Promise<void>;
}

export interface StuckReport {
  schemaVersion: number;
  /** As `Date.now()`. */
  time: number;
  stuckForMs: number;
  /** The innermost call first; absent if the thread is in native code, or may be debugged. */
  stack?: SourceLocation[];
  /** As `process.memoryUsage()`. */
  memory?: Record<string, number>;
  /** What keeps the event loop alive, by name. */
  resources?: Record<string, number>;
  /** The fields of a {@link ListenerAudit}. */
  listeners?: Pick<ListenerAudit, 'emitters' | 'emitterCount' | 'totalListeners' | 'overLimit'>;
  /** What the absence of the above means. */
  note: string;
  /** With the option: the file of the snapshot. */
  snapshot?: string;
  /** Or why there is none. */
  snapshotMissing?: string;
  file?: string;
}

// ------------------------------------------------------------------------------------------------------------ watch

/**
 * Watches the memory of this process: what is left after major garbage collections, and on a slow clock what lies outside of
 * V8's heap. A leak is what grows significantly (Theil–Sen slope, Mann–Kendall test), does not slow down and stands above all
 * it has reached before: a sawtooth of minutes, a step and a cache that fills in minutes are none. What climbs for longer than
 * `minDuration` and falls later looks like a leak until then. Growth that slows down is called a leak only after twelve times
 * `minDuration`. Costs under 0.1 % of a core; nothing keeps the process running.
 *
 * ```js
 * watch().on('leak', ({ kind, text }) => log.warn(text));
 * ```
 */
export function watch(options?: WatchOptions): Watcher;

export interface WatchOptions {
  /** Milliseconds between two samples of the clock. Default: 60,000. */
  interval?: number;
  /** How long something must grow before it is called a leak, in milliseconds. Default: 600,000. */
  minDuration?: number;
  /**
   * Growth of JavaScript's heap and of Buffers that is too little to speak of, in bytes. Default: 2 MB and 2 % of the heap,
   * 4 MB and 5 % of Buffers. Of memory outside of V8 it is always 16 MB and 10 %.
   */
  minGrowth?: number;
  /** What is not looked at after the start, in milliseconds. Default: 120,000. */
  warmUp?: number;
  /** Milliseconds until the same kind of memory is called a leak again. Default: 3,600,000. */
  cooldown?: number;
  /** Takes snapshots around a leak, and tells their `summary`. Default: none. */
  capture?: WatchCaptureOptions;
}

export interface WatchCaptureOptions extends IsolateOptions {
  /** Where the files go. Default: the working directory. */
  dir?: string;
  /** Files that stay there at most, the newest. Default: 4. */
  keep?: number;
  /** Their bytes at most. Default: 4,000,000,000. */
  maxBytes?: number;
  /** Captures of this watcher at most. Default: 6. */
  limit?: number;
  /** Milliseconds between a summary and the next capture. Default: 3,600,000. */
  cooldown?: number;
  /** Milliseconds between the two captures of a summary at least. Default: half of `minDuration`. */
  after?: number;
  /** Captures even if memory is short. Default: false. */
  force?: boolean;
}

/** JavaScript's heap; memory of Buffers and ArrayBuffers; everything else that is resident. */
export type MemoryKind = 'js-heap' | 'external' | 'native';

export interface WatcherEvents {
  sample: [sample: MemorySample];
  /** Something grows, but it is too early, or too irregular, to call it a leak. Once for each kind. */
  growth: [growth: MemoryGrowth];
  leak: [leak: MemoryGrowth];
  /** With `capture`: what the two snapshots tell. */
  summary: [summary: Summary, details: { files: string[] }];
  /** With `capture`: why one was not taken, such as `ERR_LEAKSCAN_MEMORY`. */
  skipped: [error: unknown];
}

/** Also has the other methods of an `EventEmitter`. */
export class Watcher {
  private constructor();
  on<E extends keyof WatcherEvents>(event: E, listener: (...args: WatcherEvents[E]) => void): this;
  once<E extends keyof WatcherEvents>(event: E, listener: (...args: WatcherEvents[E]) => void): this;
  off<E extends keyof WatcherEvents>(event: E, listener: (...args: WatcherEvents[E]) => void): this;
  readonly closed: boolean;
  /** The last 128 samples, and each kind of memory over the whole time in at most 128 points. */
  history(): MemoryHistory;
  /** How each kind of memory is judged now. */
  verdicts(): Record<MemoryKind, Partial<MemoryVerdict>>;
  toJSON(): object;
  /** Ends the watch; more than once does no harm. */
  close(): void;
}

export interface MemorySample {
  /** As `Date.now()`. */
  time: number;
  /** Whether a major collection has just ended. */
  afterGc: boolean;
  /** Of JavaScript's heap without its young spaces. */
  memory: Record<MemoryKind, number>;
  rss: number;
  heapUsed: number;
  heapLimit: number;
  arrayBuffers: number;
  /** Bytes in use by V8's name of the space. */
  spaces: Record<string, number>;
  nativeContexts: number;
  detachedContexts: number;
  /** What keeps the event loop alive. */
  handles: number;
  /** The longest that the event loop was late since the last sample. */
  eventLoopDelayMs: number;
  /** Part of the time since the last sample in which the event loop was busy, from 0 to 1. */
  eventLoopUtilization: number;
}

export interface MemoryVerdict {
  verdict: 'leak' | 'growth' | 'flat';
  perHour: number;
  /** Bytes over the whole history. */
  growth: number;
  /** That chance alone orders the points so. */
  probability: number;
  /** Slope of the second half, as a multiple of the first half's. */
  pace: number;
  slowing?: MemorySlowing;
  confidence: number;
  points: number;
  /** There are too few points, or over too short a time, to judge; `flat` means nothing then. */
  tooEarly?: true;
}

export interface MemoryGrowth {
  kind: MemoryKind;
  verdict: 'leak' | 'growth';
  bytesPerHour: number;
  growth: number;
  durationMs: number;
  /** From 0 to 1. */
  confidence: number;
  probability: number;
  pace: number;
  slowing?: MemorySlowing;
  /** How many points it follows from. */
  points: number;
  /** The heap's limit, or the container's or machine's memory. */
  limit: number;
  /** Until it is reached at that pace; `null` if never. */
  msToLimit: number | null;
  /** What else grows. */
  also: MemoryKind[];
  /** All this for people, with what it means. */
  text: string;
}

/** Growth that slows down, as a cache does that fills: an estimate, good within some tenths once half of it is over. */
export interface MemorySlowing {
  /** Bytes at which it would level off. */
  level: number;
  /** Milliseconds until it nearly has. */
  inMs: number;
}

export interface MemoryHistory {
  samples: MemorySample[];
  series: Record<MemoryKind | 'rss', { time: number; bytes: number }[]>;
}

// ----------------------------------------------------------------------------------------------------------- errors

/** See `docs/errors.md`. */
export type ErrorCode =
  | 'ERR_LEAKSCAN_IO'
  | 'ERR_LEAKSCAN_NOT_A_SNAPSHOT'
  | 'ERR_LEAKSCAN_TRUNCATED'
  | 'ERR_LEAKSCAN_SYNTAX'
  | 'ERR_LEAKSCAN_UNSUPPORTED'
  | 'ERR_LEAKSCAN_CORRUPT'
  | 'ERR_LEAKSCAN_TOO_LARGE'
  | 'ERR_LEAKSCAN_UNKNOWN_NODE'
  | 'ERR_LEAKSCAN_INVALID_ARG'
  | 'ERR_LEAKSCAN_DISPOSED'
  | 'ERR_LEAKSCAN_BUSY'
  | 'ERR_LEAKSCAN_MEMORY'
  | 'ERR_LEAKSCAN_LEAK'
  | 'ERR_LEAKSCAN_TIMEOUT'
  | 'ERR_LEAKSCAN_UNAUTHORIZED'
  | 'ERR_LEAKSCAN_FORBIDDEN'
  | 'ERR_LEAKSCAN_NOT_FOUND'
  | 'ERR_LEAKSCAN_BINARY'
  | 'ERR_LEAKSCAN_CHILD'
  | 'ERR_LEAKSCAN_INTERNAL';

/** What all failures of leakscan are. Wrong arguments are `TypeError`s too. */
export class LeakscanError extends Error {
  private constructor();
  /** A promise; `message` is for people and may change. */
  readonly code: ErrorCode;
  /** The part of the file that is wrong, such as `nodes`. */
  readonly section?: string;
  /** The byte of the (decompressed) input that is wrong. */
  readonly offset?: number;
  /** Of `ERR_LEAKSCAN_MEMORY`: what is needed, and what there is. */
  readonly memory?: MemoryFigures;
  /** Of `ERR_LEAKSCAN_LEAK`: what keeps the object, if that is known. */
  readonly alive?: WhyAlive;
}

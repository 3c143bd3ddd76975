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
export type AsyncSnapshotSource = SnapshotSource | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

export interface ParseOptions {
  /** Threads to use. Default: the number of cores, 8 at most. */
  threads?: number;
}

/** Options of every function that works off the event loop. */
export interface JobOptions {
  /** Stops the work in its middle; the promise rejects with `signal.reason`. */
  signal?: AbortSignal;
  /** Called on the event loop about every 50 ms. An error that it throws ends the work and rejects the promise. */
  onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** `reading` counts bytes of (decompressed) input, the others steps. */
  phase: 'reading' | 'analyzing' | 'comparing' | 'explaining';
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
  source: Exclude<AsyncSnapshotSource, Snapshot>,
  options?: ParseOptions & JobOptions,
): Promise<Snapshot>;

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

export interface SnapshotMeta {
  nodeCount: number;
  edgeCount: number;
  /** Number of texts in the file. */
  stringCount: number;
  /** Bytes of native memory that no node stands for (Node 24 and later). */
  extraNativeBytes: number;
  /** The greatest id of a JavaScript object: objects made later have greater ones. */
  maxId: number;
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
}

/** A position in the source; `line` and `column` count from 1. */
export interface SourceLocation {
  /** Path or URL of the script. */
  url: string;
  line: number;
  column: number;
  functionName?: string;
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
  text: string;
  count: number;
  shallowSize: number;
  retainedSize: number;
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

/** Bytes by kind of memory. */
export interface Statistics {
  total: number;
  native: { total: number; typedArrays: number };
  v8heap: { total: number; code: number; jsArrays: number; strings: number; system: number };
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
  before: AsyncSnapshotSource,
  after: AsyncSnapshotSource,
  options?: DiffOptions & JobOptions,
): Promise<Diff>;

export interface DiffOptions {
  /** Rows to the letter as DevTools makes them, with its lost groups. Default: false. */
  devtoolsCompat?: boolean;
}

export class Diff {
  private constructor();
  readonly schemaVersion: number;
  /**
   * Whether both snapshots are of one process, and objects are told apart by their ids; else they share no ids, and only
   * numbers are compared, by class.
   */
  readonly identity: Identity;
  readonly before: Totals;
  readonly after: Totals;
  /** Classes that changed, the most bytes added first. */
  readonly classes: ClassDelta[];
  /** What grew most in the dominator tree, the most bytes first. */
  readonly owners: OwnerDelta[];
  /**
   * Ids of a class's new objects, ascending; of different processes none can be told.
   * @param classKey `key` of a class row
   */
  added(classKey: string, options?: Window): number[];
  /** A table for people. */
  toString(): string;
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

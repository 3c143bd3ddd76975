/**
 * Assertions that fail with the culprit's name, for any test runner: node:test, Mocha, Jest, Vitest.
 *
 * A failure is an `AssertionError` with the code `ERR_LEAKSCAN_LEAK`; its message says what leaks, how fast, where it is made
 * and what keeps it. What the work itself throws comes through as it is. See `docs/testing.md`.
 */

import type { IgnoreRule, Snapshot, Summary } from './index.js';

export interface TrialOptions {
  /** Rounds that are done before anything is measured: caches fill, code is compiled. Default: 5. */
  warmup?: number;
  /** Milliseconds that the work may take, all rounds together; then `ERR_LEAKSCAN_TIMEOUT`. Snapshots do not count. Default: 60,000. */
  timeout?: number;
}

export interface NoLeakOptions extends TrialOptions {
  /** Rounds in each window between two snapshots; at least two windows. Default: `[7, 13]`. */
  rounds?: number[];
  /** Bytes (JavaScript's heap and buffers) that may be in use; the work is stopped beyond. Default: 512 MiB more than at the start. */
  maxHeap?: number;
  /** What a round is called. Default: `round`. */
  unit?: string;
  /** Known and accepted growth, as in `summarize`. */
  ignore?: (string | IgnoreRule)[];
  /** What the files of evidence are called. Default: `work`. */
  name?: string;
  /**
   * Where the snapshots of a failure are kept, compressed; `false` for nowhere. Default: the environment variable
   * `LEAKSCAN_EVIDENCE`, else `node_modules/.cache/leakscan`; 256 MiB at most.
   */
  evidence?: string | false;
  /**
   * Runs the work in a process of its own, where nothing else runs, and which is ended when its time is over. The work is then a
   * function that its module exports, or the module's path or URL. Default: `false`.
   */
  isolate?: boolean;
  /** With `isolate` and a module: the function that it exports. Default: `default`. */
  export?: string;
}

/**
 * Runs the work again and again, and fails if every round leaves something behind: objects, listeners, timers, entries …
 * What grows once (caches up to their bound, modules, compiled code) does not count.
 *
 * ```js
 * await assertNoLeak(async () => { await handle(request()); });
 * ```
 *
 * @param work one round; may be asynchronous
 * @returns the summary of what was seen: not a leak
 */
export function assertNoLeak(work: () => unknown, options?: NoLeakOptions): Promise<Summary>;
export function assertNoLeak(module: string | URL, options: NoLeakOptions & { isolate: true }): Promise<Summary>;

/**
 * Fails if the work makes the heap grow by more than `limit` bytes, or by more objects of a class than `limit` says. V8's
 * compiled code does not count.
 */
export function assertMaxGrowth(
  work: () => unknown,
  limit: number | Record<string, number>,
  options?: TrialOptions & {
    /** Default: 1. */
    rounds?: number;
  },
): Promise<void>;

/** Fails if a snapshot has more objects of a class than `limits` says: `{ Session: 0 }`. */
export function assertMaxInstances(snapshot: Snapshot, limits: Record<string, number>): void;

export interface LeftBehindOptions {
  /** Milliseconds for the work; then `ERR_LEAKSCAN_TIMEOUT`. Default: 60,000. */
  timeout?: number;
  /** What is accepted: parts of the lines of the message, or regular expressions. */
  ignore?: (string | RegExp)[];
}

/** Fails if the work adds listeners, to whatever emitter or event target, that are still there when it is done. No snapshot. */
export function assertNoNewListeners(work: () => unknown, options?: LeftBehindOptions): Promise<void>;

/** Fails if timers that the work has set are still set when it is done. */
export function assertNoNewTimers(work: () => unknown, options?: LeftBehindOptions): Promise<void>;

/** Fails if handles (servers, sockets, child processes, watchers …) that the work has opened are still open when it is done. */
export function assertNoNewHandles(work: () => unknown, options?: LeftBehindOptions): Promise<void>;

/**
 * Fails if an object is still alive when it should not be: after garbage collections and some time. The message has the path
 * that keeps it alive.
 *
 * @param objectOrWork the object, of which the caller must hold no reference any more when garbage is collected; or a function
 *   that makes and returns it, which is safer
 */
export function assertCollected(objectOrWork: object | (() => unknown), options?: { label?: string; timeout?: number }): Promise<void>;

/** Fails if a leak summary has findings other than those that `ignore` accepts: rules as in `summarize`. */
export function assertNoFindings(summary: Summary, options?: { ignore?: (string | IgnoreRule)[] }): void;

/**
 * The admin endpoint: a page and an API, in a service, that say whether its memory leaks, what, since when and why.
 * `docs/admin.md` has the routes.
 */

import type { SourceMapOption, WatchOptions, Watcher } from 'leakscan';

/**
 * Makes the endpoint of this process. It watches the memory from now on and serves nothing until it is asked to.
 *
 * ```js
 * const admin = createAdmin({ token: process.env.LEAKSCAN_TOKEN });
 * await admin.listen({ port: 9464 });
 * ```
 *
 * @throws {LeakscanError} `ERR_LEAKSCAN_INVALID_ARG` without a token of 16 bytes
 */
export function createAdmin(options: AdminOptions): Admin;

export interface AdminOptions {
  /** What callers must know: 16 bytes at least, such as `openssl rand -base64 24` makes. */
  token: string;
  /** Below which path the endpoint is. Default: `/leakscan`. */
  basePath?: string;
  /** Host names under which it may be asked; addresses and `localhost` always may. Default: none. */
  allowedHosts?: string[];
  /** Whether answers may hold beginnings of the heap's strings. Default: `none`. */
  strings?: 'none' | 'preview';
  sourceMaps?: SourceMapOption;
  /** Has a child process parse and analyse, instead of threads of this one. Default: not. */
  isolate?: 'process';
  /** Whether snapshot files may be fetched: they hold every secret of the process. Default: false. */
  allowDownload?: boolean;
  /** Whether a caller may have a snapshot taken when memory is short. Default: false. */
  allowForce?: boolean;
  /** Milliseconds from the end of a capture to the start of the next. Default: 30,000. */
  cooldown?: number;
  /** Where snapshots are kept: a private directory, from which the next run takes them over. Default: a new one, removed at exit. */
  dir?: string | URL;
  /** Snapshots kept at most, the newest. Default: 6. */
  keep?: number;
  /** Their bytes on disk at most. Default: 4,000,000,000. */
  maxBytes?: number;
  /** Snapshots that are open in memory at a time, at most; 2 at least. Default: 2. */
  maxOpen?: number;
  /** Options of `watch()`, or a watcher that there is already. */
  watch?: WatchOptions | Watcher;
  /** Called after each call, whatever its outcome. */
  onAudit?: (event: AuditEvent) => unknown;
}

export interface AuditEvent {
  /** As `Date.now()`. */
  time: number;
  method: string;
  /** Such as `GET /api/snapshots/{id}/classes`; absent if there is no such route. */
  route?: string;
  /** By what the caller was known. */
  by: 'token' | 'session' | 'nobody';
  /** The caller's address, as the socket has it; absent for `fetch`. */
  from?: string;
  status: number;
  /** Of a refusal: the error's code. */
  code?: string;
  ms: number;
}

/** What node:http, Express and Connect call. */
export type Handler = (request: any, response: any, next?: (error?: unknown) => void) => void;

export interface Admin {
  /** Requests that are not below `basePath` are left to `next`; without one they get a 404. */
  readonly handler: Handler;
  /** For Hono and everything else that speaks `fetch`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** For Express 4 and 5, and Nest on Express: `app.use(admin.express())`. */
  express(): Handler;
  /** For Koa: `app.use(admin.koa())`. */
  koa(): (context: any, next: () => Promise<any>) => Promise<void>;
  /** A plugin for Fastify: `await app.register(admin.fastify)`. */
  readonly fastify: (instance: any, options: any, done: (error?: Error) => void) => void;
  /** A listener of the endpoint's own. It does not keep the process running. */
  listen(options?: ListenOptions): Promise<Listener>;
  /** Adds leakscan's metrics to a registry of prom-client: `admin.registerMetrics(promClient.register)`. */
  registerMetrics(register: MetricRegistry): void;
  /** Tells leakscan's metrics to a meter of OpenTelemetry's API; returns what ends that. */
  instrument(meter: MetricMeter): () => void;
  /** A one-time ticket for the link `…/leakscan/#ticket=TICKET`. `ttl` is milliseconds; default: 60,000. */
  ticket(options?: { ttl?: number }): { ticket: string; expiresAt: number };
  /** Ends all there is of it; a directory that was not given is removed with its snapshots. */
  close(): Promise<void>;
}

/** What is used of prom-client's `Registry`. */
export interface MetricRegistry {
  registerMetric(metric: any): void;
}

/** What is used of OpenTelemetry's `Meter`. */
export interface MetricMeter {
  createObservableGauge(name: string, options?: any): any;
  createObservableCounter(name: string, options?: any): any;
  addBatchObservableCallback(callback: any, observables: any[]): void;
  removeBatchObservableCallback(callback: any, observables: any[]): void;
}

export interface ListenOptions {
  /** Default: `127.0.0.1`. */
  host?: string;
  /** Default: one that is free. */
  port?: number;
  /** A Unix socket, instead of host and port; only this user can open it. */
  path?: string | URL;
  /** Whether `host` may be reached from other machines. Default: false. */
  allowRemote?: boolean;
}

export interface Listener {
  /** Where the page is; absent for a Unix socket. */
  readonly url?: string;
  readonly port?: number;
  readonly path?: string;
  close(): Promise<void>;
}

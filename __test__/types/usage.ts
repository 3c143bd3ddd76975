// A program that uses every type of index.d.ts as the documentation tells; it is compiled, never run.

import { createReadStream } from 'node:fs';
import {
  Diff,
  LeakscanError,
  ListenerAudit,
  Snapshot,
  Summary,
  auditListeners,
  auditListenersAsync,
  diff,
  diffAsync,
  parse,
  parseAsync,
  exportTables,
  Attachment,
  attach,
  redact,
  summarize,
  summarizeAsync,
  version,
} from 'leakscan';
import type {
  AsyncSnapshotSource,
  ExportTablesOptions,
  AttachOptions,
  AuditOptions,
  Cause,
  ClassDelta,
  ClassRow,
  ClassesOptions,
  Columns,
  DiffOptions,
  DuplicateString,
  Emitter,
  EmitterEvent,
  ErrorCode,
  FindOptions,
  Finding,
  Growth,
  Identity,
  JobOptions,
  ListenerSite,
  NodeRef,
  NodesOptions,
  RedactOptions,
  OwnerGrowth,
  PartialMeta,
  PathGrowth,
  ParseOptions,
  PathStep,
  Progress,
  SnapshotEdge,
  SnapshotMeta,
  SnapshotNode,
  SnapshotSource,
  SourceLocation,
  SourceMapOption,
  Statistics,
  SummaryOptions,
  TextStyle,
  Totals,
  Window,
} from 'leakscan';

/** Accepts a value of exactly this type. */
function exactly<T>() {
  return <U>(_value: U & ([T] extends [U] ? ([U] extends [T] ? unknown : never) : never)): void => {};
}

// Loading.
exactly<string>()(version);
const parseOptions: ParseOptions = { threads: 2, partial: true };
const snapshot: Snapshot = parse('file.heapsnapshot', parseOptions);
parse(new URL('file:///snapshot'));
parse(new Uint8Array());
const job: JobOptions = {
  signal: new AbortController().signal,
  onProgress: ({ phase, done, total }: Progress) => {
    exactly<'capturing' | 'reading' | 'analyzing' | 'comparing' | 'explaining'>()(phase);
    exactly<number>()(done);
    exactly<number | undefined>()(total);
  },
};
const parsed: Promise<Snapshot> = parseAsync(createReadStream('file.heapsnapshot'), { ...job, ...parseOptions });
await parseAsync(new Blob([]).stream());
const sources: SnapshotSource[] = [snapshot, 'path', new URL('file:///path'), Buffer.alloc(1)];
const asyncSources: AsyncSnapshotSource[] = [
  ...sources,
  (async function* () {
    yield new Uint8Array();
  })(),
];

// A snapshot.
const counts: number = snapshot.nodeCount + snapshot.edgeCount + snapshot.totalSize;
const meta: SnapshotMeta = snapshot.meta;
const missing: PartialMeta | undefined = meta.partial;
console.log(missing?.section, missing?.offset, missing?.edgeCount, missing?.hasAllEdges, missing?.lostStringCount);
exactly<number>()(meta.nodeCount + meta.edgeCount + meta.stringCount + meta.extraNativeBytes + meta.maxId);
const statistics: Statistics = snapshot.statistics();
exactly<number>()(statistics.totalSize + statistics.v8HeapSize + statistics.nativeSize);
exactly<number>()(statistics.codeSize + statistics.stringsSize + statistics.jsArraysSize + statistics.systemSize);
exactly<number>()(statistics.otherJsSize + statistics.typedArraysSize + statistics.otherNativeSize);
const window: Window = { limit: 10, offset: 20 };
const classesOptions: ClassesOptions = { ...window, filter: 'Session', sortBy: 'count', devtoolsCompat: true };
const [row]: ClassRow[] = snapshot.classes(classesOptions);
if (row) {
  exactly<number | null>()(row.distance);
  exactly<number>()(row.count + row.shallowSize + row.retainedSize);
  const place: SourceLocation | undefined = row.location;
  exactly<string | undefined>()(place?.url);
  exactly<number | undefined>()(place?.line);
  exactly<number | undefined>()(place?.column);
  exactly<string | undefined>()(place?.functionName);
  exactly<number | undefined>()(place?.source?.line);
}
const nodesOptions: NodesOptions = { ...window, sortBy: 'id' };
const instances: SnapshotNode[] = snapshot.instances(row?.key ?? 'Session', nodesOptions);
const findOptions: FindOptions = {
  name: 'x',
  type: 'string',
  className: '(string)',
  minRetainedSize: 1,
  minShallowSize: 1,
};
const found: SnapshotNode[] = snapshot.find(findOptions);
const node: SnapshotNode = snapshot.node(7);
exactly<0 | 1 | 2>()(node.detachedness);
exactly<string>()(node.name + node.type + node.className + node.classKey);
exactly<number>()(node.id + node.shallowSize + node.retainedSize + node.edgeCount + node.retainerCount);
const edges: SnapshotEdge[] = [...snapshot.edges(7, window), ...snapshot.retainers(7)];
exactly<string | number | undefined>()(edges[0]?.name);
const dominator: SnapshotNode = snapshot.dominator(7);
const dominated: SnapshotNode[] = snapshot.dominated(dominator.id, nodesOptions);
const paths: PathStep[][] = snapshot.retainingPaths(7, { limit: 1 });
const duplicates: DuplicateString[] = snapshot.duplicateStrings(window);
exactly<number>()(
  duplicates.reduce((sum, { count, shallowSize, retainedSize }) => sum + count + shallowSize + retainedSize, 0),
);
const columns: Columns = snapshot.columns();
exactly<Columns['id']>()(columns.immediateDominator);
const distances: Int32Array = columns.distance;
const sizes: Float64Array[] = [columns.shallowSize, columns.retainedSize];

// Two snapshots.
const diffOptions: DiffOptions = { devtoolsCompat: true };
const delta: Diff = diff('before', snapshot, diffOptions);
const later: Promise<Diff> = diffAsync(createReadStream('before'), 'after', { ...diffOptions, ...job });
exactly<Identity>()(delta.identity);
const totals: Totals[] = [delta.before, delta.after];
const changes: ClassDelta[] = delta.classes;
const added: number[] = delta.added(changes[0]?.key ?? '', window);
const owners: OwnerGrowth[] = delta.owners;
const grownPaths: PathGrowth[] = delta.paths;

// What leaks.
const sourceMaps: SourceMapOption = ['artefacts/maps'];
const summaryOptions: SummaryOptions = { rounds: 300, unit: 'request', limit: 3, strings: 'preview', sourceMaps };
const summary: Summary = summarize(delta, summaryOptions);
summarize([snapshot, 'after']);
const summaries: Promise<Summary>[] = [
  summarizeAsync(asyncSources, job),
  summarizeAsync('file', { ...summaryOptions, ...job }),
];
exactly<'leak' | 'suspicious' | 'clean'>()(summary.verdict);
exactly<'single' | 'diff' | 'trend'>()(summary.mode);
exactly<Identity | undefined>()(summary.identity);
const finding: Finding | undefined = summary.findings[0];
if (finding) {
  const cause: Cause = finding.cause;
  const growth: Growth | undefined = finding.growth;
  const owner: NodeRef = finding.owner;
  const steps: PathStep[] = finding.path;
  const held = finding.holds?.[0];
  exactly<NodeRef | undefined>()(held?.node);
  exactly<NodeRef | undefined>()(finding.accumulationPoint);
  exactly<string[]>()(finding.keywords);
  console.log(cause, growth?.perRound, owner.className, steps[0]?.edgeName, finding.signature, finding.evidence);
}

// Listeners.
const auditOptions: AuditOptions = { limit: 10 };
const audit: ListenerAudit = auditListeners(['before', 'after'], auditOptions);
const audits: Promise<ListenerAudit> = auditListenersAsync(snapshot, { ...auditOptions, ...job });
const emitters: Emitter[] = [...audit.emitters, ...audit.overLimit];
const event: EmitterEvent | undefined = emitters[0]?.events[0];
const site: ListenerSite | undefined = event?.sites[0];
exactly<number | undefined>()(event?.growth);
exactly<number | null | undefined>()(emitters[0]?.maxListeners);

// Errors.
try {
  parse('missing');
} catch (error) {
  if (error instanceof LeakscanError) {
    const code: ErrorCode = error.code;
    const offset: number | undefined = error.offset;
    console.log(code, error.section, offset);
  }
}

// Freed at the end of the block.
{
  using short = parse('file');
  short.dispose();
  exactly<boolean>()(short.disposed);
}

// Texts and documents.
const style: TextStyle = { width: 80, color: true, bytes: true, limit: 5 };
const texts: string[] = [`${delta}`, summary.toString(style), String(audit), audit.toString({ limit: 1 })];
const documents: object[] = [delta.toJSON(), summary.toJSON(), audit.toJSON(), snapshot.toJSON()];

// What must not compile.
// @ts-expect-error a snapshot is made by parse()
new Snapshot();
// @ts-expect-error an answer is made by its function
new Diff();
// @ts-expect-error an unknown option
snapshot.classes({ sortby: 'count' });
// @ts-expect-error an unknown order
snapshot.classes({ sortBy: 'colour' });
// @ts-expect-error ids are numbers
snapshot.node('7');
// @ts-expect-error a stream needs parseAsync
parse(createReadStream('file'));
// @ts-expect-error a comparison takes two
diff(snapshot);
// @ts-expect-error counts are not for writing
snapshot.nodeCount = 1;
// @ts-expect-error an unknown code
export const unknown: ErrorCode = 'ERR_LEAKSCAN_UNHEARD_OF';

export {
  added,
  audits,
  counts,
  distances,
  documents,
  dominated,
  found,
  instances,
  later,
  owners,
  grownPaths,
  parsed,
  paths,
  site,
  sizes,
  summaries,
  texts,
  totals,
};

const redactOptions: RedactOptions = { salt: 'pepper' };
const redacted: Promise<{ stringCount: number; hiddenCount: number }> = redact('heap.heapsnapshot', 'shareable.gz', redactOptions);
redact(createReadStream('heap.heapsnapshot'), new URL('file:///shareable'), { signal: AbortSignal.timeout(1000) });
snapshot.find({ where: 'class:Session retained>1MB', allocatedAfter: snapshot, allocatedUntil: snapshot });
diff('before', 'after', { ignore: ['class:Session', { className: 'Job' }] }).ignored.toFixed();
void redacted;

const attachOptions: AttachOptions = { pid: 4711, signal: AbortSignal.timeout(1000) };
attach(attachOptions).then(async (attached: Attachment) => {
  const parsed: Snapshot = await parseAsync(attached.heapSnapshot({ force: true, onProgress: ({ done }) => done.toFixed() }));
  const closed: Promise<void> = attached.close();
  return [parsed, closed, attached.opened, attached.pid.toFixed(), attached.address.length];
});
attach({ inspect: '127.0.0.1:9229', allowRemote: true });

const exportOptions: ExportTablesOptions = { format: 'csv', labels: { version: '1.4.2' }, tables: ['nodes', 'classes'] };
exportTables(snapshot, 'tables', exportOptions).then(([first]) => [first?.table, first?.file, first?.rowCount.toFixed()]);

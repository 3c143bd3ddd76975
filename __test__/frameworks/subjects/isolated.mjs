// Work for a process of its own: an ES module, which Vitest compiles to something else before its tests see it.

/** Lives as long as the process. */
const visits = [];
export function leaking() {
  visits.push({ at: visits.length });
}

export default function healthy() {
  return Array.from({ length: 100 }, (_, at) => ({ at }));
}

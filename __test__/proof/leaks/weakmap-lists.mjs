// Leaks unbounded-collection, 1 per round.
// A WeakMap by tenant is no help: the tenant stays, and its list gets longer.

import load from '../load.cjs';

const audits = new WeakMap();
const tenant = { name: 'example.org' };

function audit(subject, number) { // leak
  const entries = audits.get(subject) ?? [];
  entries.push({ at: Date.now(), number, text: load.text(number, 300) });
  audits.set(subject, entries);
}

export const round = async (number) => audit(tenant, number);

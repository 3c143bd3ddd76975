'use strict';
// Leaks unbounded-collection, 1 per round.
// Sessions by tenant and id, in plain objects, which nobody takes out: no tenant has many.

const sessions = {}; // leak

function remember(tenant, id, session) { // leak
  const ofTenant = (sessions[tenant] ??= {}); // leak
  ofTenant[id] = session;
}

exports.round = (number) => remember(`tenant-${number % 10}`, `session-${number}`, { user: number % 7, roles: ['reader'] });

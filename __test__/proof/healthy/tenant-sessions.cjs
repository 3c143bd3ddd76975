'use strict';
// Healthy.
// Sessions by tenant and id, in plain objects; the one before goes when the next one comes.

const sessions = {};

function remember(tenant, id, session) {
  const ofTenant = (sessions[tenant] ??= {});
  ofTenant[id] = session;
  for (const [other] of Object.entries(ofTenant).slice(0, -3)) delete ofTenant[other];
}

exports.round = (number) => remember(`tenant-${number % 10}`, `session-${number}`, { user: number % 7, roles: ['reader'] });

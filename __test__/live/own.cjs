'use strict';
// leakscan looks after a healthy service with all it has, the endpoint too; prints what summaries of the service tell. The watch's clock turns
// by TICK_MS with each tick, so that what it keeps is filling all the time.

const { createAdmin } = require('../../admin.js');
const leakscan = require('../..');
const { gc } = require('./warm-up.cjs');

const TICK_MS = 25;
const TICKS = 10;
let now = 0;
performance.now = () => now;
const token = 'x'.repeat(32);

(async () => {
  const watcher = leakscan.watch({ interval: 60, minDuration: 1500, warmUp: 0 });
  const admin = createAdmin({ token, watch: watcher });
  const get = async (path) => {
    const response = await admin.fetch(new Request(`http://localhost/leakscan${path}`, { headers: { authorization: `Bearer ${token}` } }));
    await response.text();
    return response.status;
  };
  const round = async () => {
    for (let tick = 0; tick < TICKS; tick++) {
      now += TICK_MS;
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (const path of ['/api/health', '/metrics', '/api/audits/listeners', '/api/audits/timers']) if ((await get(path)) !== 200) throw new Error(path);
    leakscan.auditListeners();
    leakscan.auditTimers();
    leakscan.auditHandles();
    await leakscan.sampleAllocations({ duration: 1 });
    await leakscan.whyAlive(watcher, { force: true });
  };
  for (let warm = 0; warm < 3; warm++) await round();
  const snapshots = [];
  const ROUNDS = 3;
  for (let at = 0; at < 3; at++) {
    if (at > 0) for (let i = 0; i < ROUNDS; i++) await round();
    snapshots.push(await leakscan.capture({ force: true }));
  }
  const tell = (subject, rounds) => leakscan.summarize(subject, { rounds }).findings.map(({ title }) => title);
  console.log(JSON.stringify({ samples: watcher.toJSON().sampleCount, pair: tell([snapshots[0], snapshots[2]], 2 * ROUNDS), series: tell(snapshots, ROUNDS) }));
  process.exit();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});

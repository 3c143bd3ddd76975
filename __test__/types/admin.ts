// Uses everything that the types of the admin endpoint promise. Compiled, not run.

import leakscanAdmin = require('../../admin.js');
import { watch } from 'leakscan';

export async function all(registry: leakscanAdmin.MetricRegistry, meter: leakscanAdmin.MetricMeter): Promise<void> {
  const options: leakscanAdmin.AdminOptions = {
    token: 'correct-horse-battery-staple',
    basePath: '/ops',
    allowedHosts: ['ops.example.org'],
    strings: 'preview',
    sourceMaps: ['maps'],
    isolate: 'process',
    allowDownload: true,
    allowForce: false,
    cooldown: 1000,
    dir: new URL('file:///srv/snapshots'),
    keep: 3,
    maxBytes: 1e9,
    maxOpen: 2,
    watch: { interval: 1000 },
    onAudit: ({ time, method, route, by, from, status, code, ms }: leakscanAdmin.AuditEvent) => console.log(time, method, route, by, from, status, code, ms),
  };
  const admin: leakscanAdmin.Admin = leakscanAdmin.createAdmin(options);
  leakscanAdmin.createAdmin({ token: options.token, watch: watch() });
  const handler: leakscanAdmin.Handler = admin.handler;
  handler({}, {}, () => {});
  admin.express()({}, {});
  await admin.koa()({}, async () => {});
  admin.fastify({}, {}, () => {});
  const response: Response = await admin.fetch(new Request('http://localhost/ops/api/health'));
  const where: leakscanAdmin.ListenOptions = { host: '127.0.0.1', port: 9464, allowRemote: false };
  const { url, port, path, close }: leakscanAdmin.Listener = await admin.listen(where);
  await admin.listen({ path: 'admin.sock' });
  const { ticket, expiresAt } = admin.ticket({ ttl: 1000 });
  admin.registerMetrics(registry);
  const end: () => void = admin.instrument(meter);
  end();
  await close();
  await admin.close();
  console.log(response.status, url, port, path, ticket, expiresAt);
  // @ts-expect-error: without a token nothing starts
  leakscanAdmin.createAdmin({});
}

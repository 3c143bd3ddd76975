// `npm run demo:admin`: its link lets one in, and two captures through the endpoint find the gateway's leak while it serves.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const demo = fileURLToPath(new URL('../scripts/demo-admin.mjs', import.meta.url));

test('the demo of the admin endpoint', async () => {
  const child = spawn(process.execPath, [demo, '--no-open'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let said = '';
    for await (const chunk of child.stdout) if (/#ticket=\S+\n/.test((said += chunk))) break;
    const [, page, ticket] = /(http:\S+\/)#ticket=(\S+)/.exec(said);
    const exchange = () => fetch(`${page}api/session`, { method: 'POST', headers: { authorization: `Ticket ${ticket}` } });
    const { token } = await (await exchange()).json();
    assert.equal((await exchange()).status, 401, 'the link is good once');
    const ask = async (method, target) => fetch(page + target, { method, headers: { authorization: `Bearer ${token}` } });
    const capture = async () => {
      for (;;) {
        const started = await ask('POST', 'api/captures');
        // It rests between two.
        if (started.status === 429) {
          await wait((await started.json()).error.retryAfterMs);
          continue;
        }
        assert.equal(started.status, 202);
        const { id } = await started.json();
        assert.match(await (await ask('GET', `api/captures/${id}/events`)).text(), /event: done/);
        return;
      }
    };
    await capture();
    await capture();
    const { verdict, findings } = await (await ask('GET', 'api/summary?snapshots=1,2')).json();
    assert.equal(verdict, 'leak');
    assert.equal(findings[0].cause, 'listeners');
    assert.match(findings[0].title, /'uncaughtException' listeners on process/);
    assert.match(await (await ask('GET', 'metrics')).text(), /leakscan_findings\{cause="listeners"\} [1-9]/);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});

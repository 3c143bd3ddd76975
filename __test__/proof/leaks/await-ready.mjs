// Leaks promise-reactions, 1 per round.
// Requests that wait for a connection that does not come about.

import load from '../load.cjs';

let connected;
const ready = new Promise((resolve) => (connected = resolve));

async function query(sql) { // leak
  const rows = load.text(sql);
  await ready;
  return rows.length;
}

export const round = async (number) => void query(`select ${number}`);
export const settle = async () => connected.name;

// Healthy.
// Sessions that are swept out when nobody has used them for a while; their number goes up and down.

import { createHash } from 'node:crypto';
import load from '../load.cjs';

class Sessions extends Map {
  constructor(idle) {
    super();
    this.idle = idle;
    setInterval(() => this.sweep(), 10).unref();
  }

  open(user) {
    const id = createHash('sha1').update(user).digest('hex');
    this.set(id, { user, expires: Date.now() + this.idle, basket: [load.text(user, 800)] });
    return id;
  }

  sweep() {
    for (const [id, session] of this) if (session.expires < Date.now()) this.delete(id);
  }
}

const sessions = new Sessions(25);

export const round = async (number) => {
  sessions.open(`user ${number}`);
  sessions.open(`robot ${number % 5}`);
  await new Promise((resolve) => setTimeout(resolve, number % 3));
};
export const settle = () => new Promise((resolve) => setTimeout(resolve, 100));

// Leaks unbounded-collection, 1 per round.
// Keyv in memory, without a time to live.

import Keyv from 'keyv';
import load from '../load.cjs';

class Profiles { // leak
  store = new Keyv({ namespace: 'profiles' });

  async remember(number) { // leak
    await this.store.set(`user-${number}`, { number, text: load.text(number) });
  }
}

const profiles = new Profiles();

export const round = async (number) => profiles.remember(number); // leak

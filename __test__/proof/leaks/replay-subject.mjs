// Leaks unbounded-collection, 1 per round.
// A ReplaySubject replays all that was ever said to it, unless it is given a length.

import { ReplaySubject } from 'rxjs';
import load from '../load.cjs';

export class Events { // leak
  readings$ = new ReplaySubject();

  emit(number) { // leak
    this.readings$.next({ number, text: load.text(number) });
  }
}

const events = new Events();
events.readings$.subscribe(() => {});

export const round = async (number) => events.emit(number); // leak

// Leaks listeners, 1 per round.
// Requests subscribe to a subject of rxjs that never completes.

import { Subject, filter, map } from 'rxjs';
import load from '../load.cjs';

const prices = new Subject();

class Basket {
  constructor(number) {
    this.items = load.text(number);
    this.total = 0;
    prices.pipe(filter((price) => price > 0), map((price) => price * 2)).subscribe((price) => { // leak
      this.total += price;
    });
  }
}

export const round = async (number) => {
  const basket = new Basket(number);
  prices.next(number % 7);
  return basket.total;
};

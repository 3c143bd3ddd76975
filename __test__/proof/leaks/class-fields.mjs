// Leaks unbounded-collection, 1 per round.
// What TypeScript makes of a service whose private field remembers every order, for a new target.

import load from '../load.cjs';

class Repository {
  constructor(name) {
    this.name = name;
  }

  async find(id) {
    return { id, total: id * 7, note: load.text(id, 600) };
  }
}

class OrderService {
  static #instance;
  #orders = new Map();
  #repository = new Repository('orders');
  stats = { found: 0 };

  static get instance() {
    return (OrderService.#instance ??= new OrderService());
  }

  async place(id) {
    const order = this.#orders.get(id) ?? (await this.#repository.find(id));
    this.#orders.set(id, order); // leak
    this.stats.found++;
    return order;
  }
}

export const round = async (number) => (await OrderService.instance.place(number)).total;

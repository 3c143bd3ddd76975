'use strict';
// A small program with a rich heap. Writes snapshots of itself, lives on, and writes them again:
//   node --expose-gc program.cjs DIRECTORY
// makes before-plain, before-internals, after-plain and after-internals.heapsnapshot.

const { EventEmitter } = require('node:events');
const http = require('node:http');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');

const directory = process.argv[2];
const round = { number: 0 };
const kept = (globalThis.kept = { rounds: [] });

class Money {
  constructor(amount, currency) {
    this.amount = amount;
    this.currency = currency;
  }
}

class Order {
  #secret;
  constructor(number) {
    this.number = number;
    this.price = new Money(number * 1.5, ['EUR', 'JPY'][number % 2]);
    this.#secret = Symbol(`order ${number}`);
  }

  describe() {
    return this.#secret.description;
  }
}

// A second class of the same name: told apart by where its constructor stands.
const OtherOrder = (() => {
  class Order {
    constructor() {
      this.other = true;
    }
  }
  return Order;
})();

function Legacy() {
  this.created = new Date(0);
}
Legacy.prototype.method = function method() {};

function* countForever() {
  for (let i = 0; ; i++) yield i;
}

async function waitFor(promise, local) {
  await promise;
  return local;
}

function live() {
  const number = ++round.number;
  const bus = new EventEmitter().setMaxListeners(0);
  const never = new Promise(() => {});
  const one = {
    bus,
    never,
    orders: [],
    plain: [],
    closures: [],
    maps: [],
    weak: [],
    text: [],
    binary: [],
    promises: [],
    other: [],
  };
  for (let i = 0; i < 40; i++) {
    const order = new Order(number * 1000 + i);
    one.orders.push(order, new OtherOrder(), new Legacy());
    // Interfaces: some common, some rare, some long, with odd names and in other orders.
    one.plain.push({ id: i, order }, { order, id: i }, { id: `i${i}`, name: 'n', tags: ['a', 'b'] });
    one.plain.push({ 'with space': order, "it's": 1n, 'say "hi", {you}': order, '😀': 'astral', '\u00e9': 'accent' });
    if (i < 3)
      one.plain.push({
        [`rare_${number}_${i}`]: order,
        [`another_long_property_name_${i}`]: {},
        [`third_${'x'.repeat(60)}`]: [],
      });
    one.plain.push(
      Object.create(null),
      Object.create(Function.prototype),
      Object.create(Array.prototype),
      Object.create(RegExp.prototype),
    );
    const captured = { i, text: `captured ${i}` };
    one.closures.push(
      () => captured,
      function named() {
        return order;
      },
      class {
        static field = captured;
      },
      bus.emit.bind(bus),
    );
    bus.on(`event${i % 5}`, () => captured.i);
    bus.once('once', function listener() {
      return order.number;
    });
    one.maps.push(
      new Map([
        [order, captured],
        ['key', one],
      ]),
      new Set([i, `value ${i}`, order]),
    );
    const table = new WeakMap();
    for (const key of [order, captured, {}, ['line\nbreak']]) table.set(key, { value: `of ${i}`, twice: [captured] });
    one.weak.push(table, new WeakRef(captured), new WeakSet([order]));
    // Keys and values that V8 names after long strings: the edge's name overflows its buffer.
    one.weak.push(new WeakMap([[Object.assign([], { long: 'k'.repeat(1200) }), 'v'.repeat(1200 + i)]]));
    const flat = `flat text number ${i} in round ${number}, long enough to be sliced and joined`;
    one.text.push(
      flat,
      flat.slice(5, 40),
      `${flat}${flat}` + i,
      'left ' + i + flat + ('right ' + flat),
      'same text',
      ['same', ' text'].join(''),
    );
    one.text.push(
      '東京 ' + i,
      '😀 astral ' + i,
      '\ud83d lone ' + i,
      String.fromCodePoint(0x1d800) + i,
      'long '.repeat(400) + i,
      'tab\tquote"back\\slash\u0001' + i,
    );
    one.binary.push(
      Buffer.alloc(100 + i),
      new ArrayBuffer(2000),
      new Float64Array(i + 1),
      Buffer.from(`pooled ${i}`),
      new SharedArrayBuffer(64),
      new DataView(new ArrayBuffer(8)),
    );
    one.promises.push(
      waitFor(never, captured),
      Promise.resolve(order),
      never.then(() => captured),
      Promise.allSettled([never]),
    );
    const generator = countForever();
    generator.next();
    one.other.push(
      generator,
      new RegExp(`pattern ${i}`),
      BigInt(i) ** 30n,
      Symbol(`s${i}`),
      new Error(`error ${i}`),
      new Proxy(order, {}),
      new Date(i),
    );
    one.other.push({
      get computed() {
        return order;
      },
      set computed(value) {
        one.value = value;
      },
      i: i % 2 ? i : i + 0.5,
    });
    setTimeout(() => captured, 1e8 + i).unref();
    const controller = new AbortController();
    controller.signal.addEventListener('abort', () => captured);
    one.other.push(controller);
  }
  one.sparse = [];
  one.sparse[100_000] = one.orders[0];
  one.dictionary = Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`key${i}`, i % 3 ? `value${i}` : null]));
  delete one.dictionary.key7;
  let list = null;
  for (let i = 0; i < 300; i++) list = { next: list, payload: one.orders[i % 40] };
  one.list = list;
  one.ring = { list: one.orders.map((value) => ({ value })) };
  one.ring.list.forEach((node, i, all) =>
    Object.assign(node, { next: all[(i + 1) % all.length], previous: all.at(i - 1) }),
  );
  one.context = vm.createContext({ number });
  vm.runInContext(
    'class Inside { constructor() { this.array = [1, "two", {}] } }; globalThis.inside = [new Inside(), new Map([[{}, {}]])]',
    one.context,
  );
  one.agent = new http.Agent({ keepAlive: true });
  one.wasm = new WebAssembly.Memory({ initial: 1 });
  kept.rounds.push(one);
  // Two of three rounds die again.
  if (kept.rounds.length > 3) kept.rounds.splice(0, 2);
}

function write(moment) {
  globalThis.gc();
  v8.writeHeapSnapshot(path.join(directory, `${moment}-plain.heapsnapshot`));
  v8.writeHeapSnapshot(path.join(directory, `${moment}-internals.heapsnapshot`), {
    exposeInternals: true,
    exposeNumericValues: true,
  });
}

for (let i = 0; i < 3; i++) live();
// A text that grew and was never read is a long chain of concatenated strings.
kept.grown = '';
for (let i = 0; i < 4500; i++) kept.grown += `line ${i % 100} of the log\n`;
write('before');
live();
// Changes of what is already there: other interfaces, other names, other owners.
for (const order of kept.rounds[0].orders) order.renamed = 'added later';
for (const object of kept.rounds[0].plain.slice(0, 30)) object.added = true;
setImmediate(() => {
  write('after');
  process.exit(0);
});

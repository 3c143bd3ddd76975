// Makes one heap, the way services make theirs, and writes it as snapshots.
//
//   node bench/corpus.mjs ordinary-100|ordinary-700|chain DIRECTORY
//
// `ordinary` is a web shop that has loaded its modules, parsed sources (a bundler or a linter keeps such trees) and served
// customers; it writes two snapshots, NAME.heapsnapshot and, after more customers, NAME-later.heapsnapshot.
// `chain` is a leak pattern that is hard on algorithms: very many jobs that await one promise which never settles.
// The same name gives the same heap on the same Node.

import { EventEmitter } from 'node:events';
import { readFileSync, readdirSync, renameSync, statSync } from 'node:fs';
import { Session as Inspector } from 'node:inspector';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

const require = createRequire(import.meta.url);
const installed = fileURLToPath(new URL('node_modules', import.meta.url));

const HEAPS = {
  'ordinary-100': { modules: ['ajv', 'date-fns', 'zod'], sources: 70, customers: 8_000 },
  'ordinary-700': {
    modules: ['ajv', 'date-fns', 'eslint', 'fastify', 'graphql', 'moment', 'prettier', 'webpack', 'zod'],
    sources: 300,
    declarations: 60,
    customers: 14_000,
  },
  chain: { jobs: 300_000 },
};

/** Share of its customers that the shop serves between the two snapshots. */
const LATER = 0.05;

/** Seeded choices. The generator is a 32-bit linear congruential one; its high bits are good enough here. */
class Dice {
  #state = 20_24;

  /** An integer from 0 to `n` - 1. */
  below(n) {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * n);
  }

  oneIn(n) {
    return this.below(n) === 0;
  }

  of(list) {
    return list[this.below(list.length)];
  }

  token() {
    return this.below(2 ** 31).toString(36) + this.below(2 ** 31).toString(36);
  }
}

const dice = new Dice();
const WORDS = 'red green blue small large wool cotton linen café crème 北京 大阪 🎁 gift sale winter summer'.split(' ');

class Money {
  constructor(amount, currency) {
    this.amount = amount;
    this.currency = currency;
  }
}

class Line {
  constructor() {
    this.article = `article-${dice.below(5_000)}`;
    this.quantity = 1 + dice.below(5);
    this.price = new Money(dice.below(100_000) / 100, dice.of(['EUR', 'USD', 'JPY']));
    this.tags = dice.oneIn(3) ? null : [dice.of(WORDS), dice.of(WORDS)];
  }
}

class Order {
  #secret = Symbol(dice.token());

  constructor(customer) {
    this.customer = customer;
    this.lines = Array.from({ length: 1 + dice.below(4) }, () => new Line());
    this.placed = new Date(1_700_000_000_000 + dice.below(1e9));
    this.note = undefined;
  }

  isSecret(value) {
    return value === this.#secret;
  }
}

class Customer {
  constructor(number) {
    this.number = number;
    this.name = `${dice.of(WORDS)} ${dice.token()}`;
    this.mail = `${this.name}@example.org`;
    this.address = { street: `${dice.of(WORDS)} street`, zip: String(10_000 + dice.below(90_000)), at: [dice.below(180) / 2, dice.below(90) / 2] };
    this.roles = new Set([dice.of(WORDS), 'customer']);
  }
}

/** A login. It listens on the shop's bus, as sessions do that must learn of price changes. */
class Login {
  constructor(customer, bus) {
    this.customer = customer;
    this.token = dice.token() + dice.token();
    this.state = new Map([['cart', []], ['language', dice.of(['de', 'en', 'ja'])], [customer, this.token]]);
    bus.on(`price-${customer.number % 40}`, (event) => {
      this.state.set('price', event);
    });
  }
}

/** Least recently used first out: a Map and a list linked both ways. */
class PageCache {
  pages = new Map();
  newest = null;

  add(url, body) {
    const page = { url, body, newer: null, older: this.newest };
    if (this.newest) this.newest.newer = page;
    this.newest = page;
    this.pages.set(url, page);
  }
}

class Shop {
  bus = new EventEmitter().setMaxListeners(0);
  logins = new Map();
  ordersOf = new Map();
  cache = new PageCache();
  notes = new WeakMap();
  weakly = [];
  jobs = [];
  timers = [];
  handlers = [];
  bytes = [];
  dictionary = {};
  sparse = [];
  odds = [];
  closing = new Promise(() => {});

  constructor() {
    const { Subject } = require('rxjs');
    this.immutable = require('immutable');
    this.lodash = require('lodash');
    this.express = require('express');
    this.events = new Subject();
    this.stock = this.immutable.Map();
    this.app = this.express();
    this.router = this.express.Router();
    this.app.use('/shop', this.router);
    this.customers = 0;
  }

  /** One customer comes by and leaves behind what a customer leaves behind in a service. */
  serve() {
    const number = this.customers++;
    const customer = new Customer(number);
    const login = new Login(customer, this.bus);
    this.logins.set(login.token, login);
    const orders = Array.from({ length: dice.below(4) }, () => new Order(customer));
    this.ordersOf.set(customer, orders);
    this.notes.set(customer, { seen: dice.token(), login });
    this.cache.add(`/customers/${number}/${dice.of(WORDS)}`, JSON.stringify({ number, token: dice.token(), orders: orders.length }));

    if (dice.oneIn(3)) this.odds.push(JSON.parse(`{"id":"${dice.token()}","rows":[{"a":${number}},{"b":[1,2.5,${number / 3}]}],"deep":{"er":{"est":null}}}`));
    if (dice.oneIn(4)) this.handlers.push(makeHandlers(customer, orders));
    if (dice.oneIn(5)) this.jobs.push(waitFor(this.closing, customer), this.closing.then(() => login.token), Promise.resolve(customer));
    if (dice.oneIn(6)) this.dictionary[`customer:${dice.token()}`] = { number, since: dice.token() };
    if (dice.oneIn(7)) this.timers.push(setTimeout(() => this.logins.delete(login.token), 10_000_000 + number).unref());
    if (dice.oneIn(11)) this.bytes.push(Buffer.alloc(64 + dice.below(400), number), new Float64Array(8 + dice.below(24)));
    if (dice.oneIn(13)) this.weakly.push(new WeakRef(customer), new Error(`no stock for ${dice.token()}`));
    if (dice.oneIn(17)) this.subscribe(customer);
    if (dice.oneIn(19)) this.stock = this.stock.set(`article-${number}`, this.immutable.List([number, customer]));
    if (dice.oneIn(23)) this.odds.push(pages(customer), new RegExp(`^${dice.token()}$`), BigInt(number) ** 20n, cutOut(), glued());
    if (dice.oneIn(29)) this.sparse[number * 3] = { number };
    if (dice.oneIn(400)) this.router.get(`/customer-${number}/:id`, (request, response) => response.send(customer.name));
  }

  subscribe(customer) {
    const { filter, map } = require('rxjs');
    const prices = this.events.pipe(map((price) => price * 2), filter((price) => price > customer.number));
    this.odds.push(prices.subscribe((price) => (customer.lastPrice = price)));
  }
}

/** Two functions of one scope, so one context holds what either needs. */
function makeHandlers(customer, orders) {
  const counter = { clicks: 0, name: customer.name };
  return { click: () => ++counter.clicks, total: () => orders.length };
}

async function waitFor(closing, customer) {
  const local = { customer, ticket: dice.token() };
  await closing;
  return local;
}

/** A generator that has run up to its first `yield`. */
function pages(customer) {
  const generator = (function* () {
    for (let page = 0; ; page++) yield { customer, page };
  })();
  generator.next();
  return generator;
}

/** A sliced string: it keeps the long one it was cut out of. */
function cutOut() {
  return `a long text ${dice.token()}${' '.repeat(40)}${dice.token()}`.slice(10, 60);
}

/** A concatenated string that nothing has flattened. */
function glued() {
  let text = dice.token();
  for (let i = 0; i < 8; i++) text += dice.token();
  return text;
}

/** Sources of the installed modules in an order that is the same everywhere but not by package. */
function sourceFiles(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(d\.ts|js)$/.test(entry.name) && !entry.name.includes('.min.'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => statSync(file).size > 1_500 && statSync(file).size < 200_000)
    .sort();
  for (let i = files.length - 1; i > 0; i--) {
    const j = dice.below(i + 1);
    [files[i], files[j]] = [files[j], files[i]];
  }
  return files;
}

/** Parses files with three parsers by turns and keeps the trees. */
function parseSources(count) {
  const typescript = require('typescript');
  const babel = require('@babel/parser');
  const acorn = require('acorn');
  const parsers = [
    (name, text) => typescript.createSourceFile(name, text, typescript.ScriptTarget.Latest, true),
    (_, text) => babel.parse(text, { sourceType: 'unambiguous', errorRecovery: true }),
    (_, text) => acorn.parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true }),
  ];
  const trees = new Map();
  for (const file of sourceFiles(installed)) {
    if (trees.size === count) break;
    const parse = file.endsWith('.d.ts') ? parsers[0] : dice.of(parsers);
    try {
      trees.set(file, parse(basename(file), readFileSync(file, 'utf8')));
    } catch {
      // Not every file of every package is a module in valid syntax; the next one takes its place.
    }
  }
  return trees;
}

/** A TypeScript program of that many declaration files, checked: symbols and types that refer to each other all over. */
function checkTypes(count) {
  const typescript = require('typescript');
  const files = sourceFiles(installed).filter((file) => file.endsWith('.d.ts'));
  const program = typescript.createProgram(files.slice(0, count), { noEmit: true, types: [] });
  return { program, diagnostics: program.getSemanticDiagnostics().length };
}

/**
 * V8 11 (Node 20) looks for the line of every function from the start of its script, unless the script has a table of
 * lines, and enabling the debugger makes the tables: a second instead of half a minute when typescript.js is loaded.
 * To be called before the first snapshot only: V8 forgets the ids of all objects when an inspector session ends.
 */
function makeLineTables() {
  const inspector = new Inspector();
  inspector.connect();
  inspector.post('Debugger.enable');
  inspector.post('Debugger.disable');
  inspector.disconnect();
}

function write(file) {
  // An interrupted run leaves no file that looks whole.
  renameSync(v8.writeHeapSnapshot(`${file}.part`), file);
}

function ordinary({ modules, sources, declarations = 0, customers }, name, directory) {
  const kept = { modules: modules.map(require), shop: new Shop(), trees: parseSources(sources), checked: undefined };
  if (declarations > 0) kept.checked = checkTypes(declarations);
  globalThis.kept = kept;
  for (let i = 0; i < customers; i++) kept.shop.serve();
  makeLineTables();
  write(join(directory, `${name}.heapsnapshot`));
  for (let i = 0; i < customers * LATER; i++) kept.shop.serve();
  write(join(directory, `${name}-later.heapsnapshot`));
}

function chain({ jobs }, name, directory) {
  const never = new Promise(() => {});
  const users = Array.from({ length: jobs }, (_, number) => ({ number, name: `user ${number}` }));
  let list = null;
  for (let i = 0; i < jobs; i++) list = { next: list, user: users[(i * 7_919) % jobs] };
  async function job(user) {
    const local = { user };
    await never;
    return local;
  }
  globalThis.kept = { never, users, list, jobs: users.map(job) };
  write(join(directory, `${name}.heapsnapshot`));
}

const [, , name, directory] = process.argv;
(name === 'chain' ? chain : ordinary)(HEAPS[name], name, directory);
// Timers and sockets of the loaded modules must not hold the process.
process.exit(0);

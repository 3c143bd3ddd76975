// A service that leaks, in TypeScript: what the compilers make of it stands at other lines and under other names.

import { EventEmitter } from 'node:events';

const { body, run } = require(process.env.ROUNDS as string);

interface Page {
  readonly title: string;
  readonly text: string;
}

type Visitor = (page: Page) => void;

const bus = new EventEmitter();
bus.setMaxListeners(0);

class HomePage {
  constructor(private readonly page: Page) {}

  watch(visit: Visitor): void {
    bus.on('change', () => visit(this.page)); // leak: arrow
  }
}

/** Under a name that minifiers take away. */
function refreshEverySecond(page: Page): void {
  function refreshPage(): number {
    return page.text.length;
  }
  setInterval(refreshPage, 1000);
}

run({
  watch: (number: number) => new HomePage({ title: 'home', text: body(number) }).watch((page) => page.title),
  refresh: (number: number) => refreshEverySecond({ title: 'home', text: body(number) }),
});

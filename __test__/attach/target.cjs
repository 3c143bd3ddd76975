'use strict';
// A service that leaks a little, answers its parent, and ends with it.

const kept = (globalThis.kept = []);

if (process.env.AVAILABLE_MEMORY) process.availableMemory = () => Number(process.env.AVAILABLE_MEMORY);

class Order {
  constructor(number) {
    this.number = number;
    this.text = 'x'.repeat(100) + number;
  }
}

process.on('message', (count) => {
  for (let i = 0; i < count; i++) kept.push(new Order(kept.length));
  process.send(kept.length);
});
process.on('disconnect', () => process.exit());
process.send('ready');

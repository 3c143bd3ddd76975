// Leaks timers, 1 per round.
// An actor for every checkout, each of which would time out tomorrow, and none is stopped.

import { createActor, createMachine } from 'xstate';
import load from '../load.cjs';

const checkout = createMachine({
  initial: 'open',
  states: { open: { on: { PAY: 'paid' }, after: { 86_400_000: 'expired' } }, paid: {}, expired: {} },
});

export const round = async (number) => {
  const basket = { number, text: load.text(number) };
  const actor = createActor(checkout);
  actor.subscribe((state) => (basket.state = state.value)); // leak
  actor.start();
};

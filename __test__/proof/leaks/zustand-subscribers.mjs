// Leaks listeners or unbounded-collection, 1 per round.
// Every rendering subscribes to a store of zustand that lives as long as the process.

import { createStore } from 'zustand/vanilla';
import load from '../load.cjs';

const store = createStore((set) => ({ visits: 0, visit: () => set((state) => ({ visits: state.visits + 1 })) }));

export const round = async (number) => {
  const view = { number, text: load.text(number) };
  store.subscribe((state) => (view.visits = state.visits)); // leak
  if (number % 10 === 0) store.getState().visit();
};

// Leaks unbounded-collection or listeners, 1 per round.
// Reactive state, as frameworks have it: every rendering tracks what it reads, and no effect is stopped.

import load from '../load.cjs';

const targets = new WeakMap();
let active;

function track(target, key) { // leak
  if (!active) return;
  let keys = targets.get(target);
  if (!keys) targets.set(target, (keys = new Map()));
  let effects = keys.get(key);
  if (!effects) keys.set(key, (effects = new Set()));
  effects.add(active);
}

const reactive = (object) =>
  new Proxy(object, {
    get(target, key) {
      track(target, key);
      return target[key];
    },
  });

function effect(run) {
  active = run;
  run();
  active = undefined;
}

const state = reactive({ user: 'nobody', theme: 'dark' });

export const round = async (number) => {
  const page = { number, text: load.text(number) };
  effect(() => (page.title = `${state.user}`)); // leak
};

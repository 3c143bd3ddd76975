'use strict';
// Leaks listeners or unbounded-collection, 1 per round.
// A page rendered on the server subscribes to the one Redux store of the process.

const { legacy_createStore } = require('redux');
const load = require('../load.cjs');

const store = legacy_createStore((state = { visits: 0 }, action) => (action.type === 'visit' ? { visits: state.visits + 1 } : state));

class Page {
  constructor(number) {
    this.html = load.text(number);
    store.subscribe(() => this.refresh()); // leak
  }

  refresh() {
    this.visits = store.getState().visits;
  }
}

exports.round = async (number) => {
  store.dispatch({ type: 'visit' });
  return new Page(number).html.length;
};

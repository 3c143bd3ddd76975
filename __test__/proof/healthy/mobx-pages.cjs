'use strict';
// Healthy.
// Stores that are watched and left again: MobX with reactions that are disposed of, Redux with subscribers that unsubscribe.

const { autorun, computed, observable, runInAction } = require('mobx');
const { legacy_createStore } = require('redux');
const load = require('../load.cjs');

const settings = observable({ theme: 'light', visits: 0 });
const title = computed(() => `${settings.theme} ${settings.visits}`);
const store = legacy_createStore((state = { visits: 0 }, action) => (action.type === 'visit' ? { visits: state.visits + 1 } : state));

exports.round = async (number) => {
  const page = { html: load.text(number), title: '' };
  const dispose = autorun(() => (page.title = title.get()));
  const leave = store.subscribe(() => (page.visits = store.getState().visits));
  runInAction(() => settings.visits++);
  store.dispatch({ type: 'visit' });
  leave();
  dispose();
};

'use strict';
// Leaks listeners, 1 per round.
// Pages that want to know when the language changes, of the one i18next instance of the process.

const i18next = require('i18next');
const load = require('../load.cjs');

const ready = i18next.init({ lng: 'en', resources: { en: { translation: { hello: 'Hello {{name}}' } } } });

function page(number) {
  const state = { language: i18next.language, text: load.text(number) };
  i18next.on('languageChanged', (language) => { // leak
    state.language = language;
  });
  return i18next.t('hello', { name: number }) + state.text.length;
}

exports.round = async (number) => {
  await ready;
  return page(number);
};

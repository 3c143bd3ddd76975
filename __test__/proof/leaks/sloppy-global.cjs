// Leaks unbounded-collection, 2 per round.
// Somebody forgot the `var`.

const load = require('../load.cjs');

exports.round = async (number) => {
  if (number === 0) pageViews = [];
  pageViews.push({ number, kind: 'view', text: load.text(number, 300) });
  pageViews.push({ number, kind: 'click', text: load.text(number, 300) });
};

'use strict';
// Leaks unbounded-collection, 1 per round.
// An index whose objects stand in a Map by id and in a list in the order in which they came.

const load = require('../load.cjs');

class Index {
  constructor() { // leak
    this.byId = new Map();
    this.inOrder = [];
  }

  add(document) { // leak
    this.byId.set(document.id, document);
    this.inOrder.push({ at: Date.now(), document });
  }
}

const index = new Index();

exports.round = async (number) => index.add({ id: `document-${number}`, text: load.text(number) });

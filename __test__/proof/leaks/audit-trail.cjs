'use strict';
// Leaks unbounded-collection, 3 per round.
// A static field that is only pushed to.

class Audit {
  static trail = [];

  static record(user, action) {
    Audit.trail.push({ user, action, at: Date.now(), stack: `${user} did ${action}`.repeat(3) }); // leak
  }
}

exports.round = async (number) => {
  for (const action of ['read', 'write', 'close']) Audit.record(`user-${number}`, action);
};

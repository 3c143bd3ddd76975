'use strict';
// Sessions in a private field, by their names.

class Sessions {
  #byName = {};

  open(name) {
    this.#byName[name] = { name, since: new Date(0) };
  }
}

const sessions = new Sessions();
let number = 0;

exports.round = () => sessions.open(`session-${number++}`);
exports.sessions = sessions;

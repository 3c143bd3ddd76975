// Leaks listeners, 1 per round.
// A controller for every request, one bound method of which listens to the process.

import load from '../load.cjs';

process.setMaxListeners(0);

class Controller {
  state = {};

  constructor(number) {
    this.state.text = load.text(number);
    this.reload = this.reload.bind(this);
    process.on('SIGHUP', this.reload); // leak
  }

  reload() { // leak
    this.state.at = Date.now();
  }

  handle() {
    return this.state.text.length;
  }
}

export const round = async (number) => new Controller(number).handle();

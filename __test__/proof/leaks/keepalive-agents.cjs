'use strict';
// Leaks handles, 1 per round.
// Rounds: 20 + 50.
// A client with an agent of its own for every request, each of which keeps its socket for the next. Nothing of the program's
// is left of them.

const http = require('node:http');
const load = require('../load.cjs');

const listening = load.listen(Object.assign(http.createServer((request, response) => response.end('ok')), { keepAliveTimeout: 1e6 }));

class Client {
  constructor(port) {
    this.agent = new http.Agent({ keepAlive: true });
    this.port = port;
  }

  get(path) {
    return new Promise((resolve, reject) => {
      http
        .get({ port: this.port, path, agent: this.agent }, (response) => response.resume().on('end', resolve))
        .on('error', reject);
    });
  }
}

exports.round = async (number) => new Client(await listening).get(`/${number}`);

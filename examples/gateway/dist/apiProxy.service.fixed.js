'use strict';

const http = require('node:http');

// Connections to the services behind the gateway: kept alive, and never more than sixteen.
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });

// The fix: made once, when the module is loaded.
process.on('uncaughtException', function (err) {
  console.warn(err.stack);
  console.warn('NOT exit...');
});

class ApiProxyService {
  /** Which service answers. A real gateway looks the path up in a table; this one has a single service behind it. */
  static getRoute() {
    return { hostname: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 8081) };
  }

  /** Sends the request on and resolves with the body of the answer. */
  static proxy(path, method, headers) {
    const { hostname, port } = ApiProxyService.getRoute();

    return new Promise((resolve, reject) => {
      const request = http.request({ agent, hostname, port, path, method, headers }, (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`${path} answered ${response.statusCode}`));
          return;
        }
        response.setEncoding('utf8');
        let data = '';
        response.on('data', (chunk) => {
          data = data + chunk;
        });
        response.on('end', () => {
          resolve(data);
        });
      });

      request.on('error', (error) => {
        reject(error);
      });

      request.end();
    });
  }
}

module.exports = { ApiProxyService };

'use strict';
// Leaks timers, 1 per round.
// A page rendered by Vue 2 behind Express; the interval of its `created` hook does nothing, and keeps the page.

const express = require('express');
const Vue = require('vue');
const { createRenderer } = require('vue-server-renderer');
const load = require('../load.cjs');

const renderer = createRenderer();
Vue.component('public-component', { props: ['message'], template: '<div>{{ message }}</div>' });

const app = express();
app.get('/{*path}', (request, response) => {
  const page = new Vue({
    data: { url: request.url, text: load.text(request.url) },
    created() {
      setInterval(function () {}, 10); // leak
    },
    template: '<public-component :message="message"></public-component>',
    computed: {
      message() {
        return `Hello ${this.url}`;
      },
    },
  });
  renderer.renderToString(page, (error, html) => {
    if (error) response.status(500).end('Internal Server Error');
    else response.end(html);
  });
});
const listening = load.listen(app);

exports.round = async (number) => load.request(await listening, `/page/${number}`);

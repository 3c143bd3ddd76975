'use strict';
// Healthy.
// Pages rendered by Vue 2, with compiled templates and a few cached components.

const express = require('express');
const Vue = require('vue');
const { createRenderer } = require('vue-server-renderer');
const load = require('../load.cjs');

const renderer = createRenderer();
const app = express();
const player = {
  props: ['title'],
  template: '<p>{{ title }}</p>',
  mounted() {
    this.timer = setInterval(() => {}, 1000);
  },
};
app.get('/{*path}', async (request, response) => {
  const page = new Vue({
    components: { player },
    data: { title: request.url, text: load.text(request.url) },
    template: '<main><player :title="title" />{{ text }}</main>',
  });
  response.end(await renderer.renderToString(page));
});
const listening = load.listen(app);

exports.round = async (number) => load.request(await listening, `/page/${number}`);

'use strict';
// A page rendered on the server by Vue 2, whose component starts an interval in `created`: that hook runs there too, and
// nobody is there to destroy the component. Its healthy twin starts it in `mounted`, which runs in browsers only.

const Vue = require('vue');
const { createRenderer } = require('vue-server-renderer');
const { body, run } = require('./rounds.cjs');

const renderer = createRenderer();

const player = (hook) => ({
  props: ['video'],
  template: '<p>{{ video.title }}, {{ seconds }} s</p>',
  data: () => ({ seconds: 0 }),
  [hook]() {
    if (this.video.isLive) {
      this.timer = setInterval(() => { // leak: vue
        this.seconds++;
      }, 1000);
    }
  },
});

function render(hook, number) {
  const page = new Vue({
    components: { player: player(hook) },
    data: { video: { title: body(number), isLive: true } },
    template: '<main><player :video="video" /></main>',
  });
  return renderer.renderToString(page);
}

run({
  created: (number) => render('created', number),
  mounted: (number) => render('mounted', number),
});

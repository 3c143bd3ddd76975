'use strict';
// A dictionary that V8 keeps as an object with a shape, because something inherits from it.

const settings = {};
let number = 0;

function define(name) {
  settings[name] = { name, text: `value ${number}` };
}

exports.round = () => define(`setting${number++}`);
exports.settle = () => {
  // What becomes a prototype gets a shape.
  for (let i = 0; i < 3; i++) Object.create(settings).anything;
};

'use strict';
// Healthy.
// Documents of mongoose that are made, validated and dropped; a few models; pages of nunjucks with few names.

const mongoose = require('mongoose');
const nunjucks = require('nunjucks');
const load = require('../load.cjs');

const connection = mongoose.createConnection();
const options = { autoIndex: false, autoCreate: false };
const Order = connection.model('Order', new mongoose.Schema({ name: String, lines: [{ text: String, count: Number }] }, options));
const Pages = nunjucks.Loader.extend({ getSource: (name) => ({ src: `{{ title }} of ${name}`, path: name, noCache: false }) });
const templates = new nunjucks.Environment(new Pages());

exports.round = async (number) => {
  const order = new Order({ name: 'someone', lines: [{ text: load.text(number, 300), count: number }] });
  await order.validate();
  return templates.render(`page ${number % 5}`, { title: order.toObject().lines[0].text }).length;
};

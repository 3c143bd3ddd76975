'use strict';
// Leaks unbounded-collection, 1 per round.
// A spy that was left in: it records every call, with what it was called with and what it gave.

const sinon = require('sinon');
const load = require('../load.cjs');

const mailer = { send: (message) => ({ accepted: message.to, id: message.number }) };
sinon.spy(mailer, 'send');

exports.round = async (number) => mailer.send({ to: 'someone', number, text: load.text(number) });

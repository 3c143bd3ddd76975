'use strict';
// Leaks listeners or promise-reactions, 1 per round.
// A subscription of GraphQL per client, whose iterator nobody ends when the client goes.

const { PubSub } = require('graphql-subscriptions');
const load = require('../load.cjs');

const pubsub = new PubSub();

exports.round = async (number) => {
  const client = { number, text: load.text(number) };
  const events = pubsub.asyncIterableIterator('PRICE');
  events.next().then(({ value }) => { // leak
    client.last = value;
  });
};

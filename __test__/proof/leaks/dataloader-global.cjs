'use strict';
// Leaks unbounded-collection, 1 per round.
// A DataLoader made once for the process instead of once for the request: its cache never ends.

const DataLoader = require('dataloader');
const { buildSchema, graphql } = require('graphql');
const load = require('../load.cjs');

const users = new DataLoader(async (ids) => ids.map((id) => ({ id, name: `user ${id}`, bio: load.text(id) })));
const schema = buildSchema('type User { id: ID!, name: String } type Query { user(id: ID!): User }');
const rootValue = { user: ({ id }) => users.load(id) };

exports.round = async (number) => {
  const { data } = await graphql({ schema, rootValue, source: 'query ($id: ID!) { user(id: $id) { name } }', variableValues: { id: number } });
  return data.user.name;
};

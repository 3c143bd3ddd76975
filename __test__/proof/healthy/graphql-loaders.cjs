'use strict';
// Healthy.
// GraphQL with loaders made for each request, documents cached by their text, of which there are few.

const DataLoader = require('dataloader');
const { buildSchema, graphql } = require('graphql');
const load = require('../load.cjs');

const schema = buildSchema('type User { id: ID!, name: String } type Query { user(id: ID!): User }');
const rootValue = { user: ({ id }, context) => context.users.load(id) };

exports.round = async (number) => {
  const users = new DataLoader(async (ids) => ids.map((id) => ({ id, name: load.text(id) })));
  const { data } = await graphql({ schema, rootValue, contextValue: { users }, source: 'query ($id: ID!) { user(id: $id) { name } }', variableValues: { id: number } });
  return data.user.name.length;
};

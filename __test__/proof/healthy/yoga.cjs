'use strict';
// Healthy.
// A GraphQL service of graphql-yoga with schemas checked by Ajv, whose clients write every query a little differently: what is
// parsed is kept up to a bound.

const { createSchema, createYoga } = require('graphql-yoga');
const { Ajv } = require('ajv');
const load = require('../load.cjs');

const schema = { type: 'object', properties: { id: { type: 'string', maxLength: 20 } } };
const ajv = new Ajv();
const yoga = createYoga({
  logging: false,
  schema: createSchema({
    typeDefs: 'type User { id: ID!, name: String } type Query { user(id: ID!): User }',
    resolvers: { Query: { user: (_, { id }) => ajv.validate(schema, { id }) && { id, name: load.text(id, 200) } } },
  }),
});

exports.round = async (number) => {
  const query = `{ user(id: "${number % 7}") { name } }`;
  const answer = await yoga.fetch('http://yoga/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return (await answer.json()).data.user.name.length;
};

// docs/admin.openapi.json, from the table of routes: `UPDATE_GOLDEN=1 node --test __test__/admin.test.mjs` writes it.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { ROUTES } = require('../../lib/admin/routes.js');
const { CODES } = require('../../lib/errors.js');
const { version } = require('../../package.json');

/** Refusals that every route can give, by who may ask. */
const REFUSALS = {
  400: 'The query, the path or a header is not as it should be.',
  401: 'There is no token, or not the right one.',
  403: 'The host name, the origin or the options do not allow it.',
  404: 'There is no such route, snapshot, node or job.',
  409: 'Another one is under way.',
  413: 'Requests have no body.',
  429: 'The last capture was a moment ago (`Retry-After`).',
  503: 'There is not enough memory (with the figures), or too many ask at a time (`Retry-After`).',
  507: 'There is not enough disk (with the figures).',
};
const JOBS = { '/api/captures': [409, 429, 503, 507], '/api/allocations': [409, 503] };
const LISTS = new Set(['classes', 'nodes', 'edges', 'paths', 'strings']);

/** Statuses that a route may answer with, beside its own. */
export function refusals({ method, path, asks = 'token', query = {} }) {
  return [
    ...new Set([
      400,
      ...(asks === 'nobody' ? [] : [401]),
      403,
      ...(path.includes('{') || Object.keys(query).length > 0 || asks === 'nobody' ? [404] : []),
      413,
      ...((method === 'POST' && JOBS[path]) || []),
      503,
    ]),
  ].sort((a, b) => a - b);
}

/** What a route answers with when all is well. */
function body({ path, type = 'application/json', schema }) {
  if (type !== 'application/json') return { [type]: {} };
  if (path === '/api/diff') return { [type]: { schema: { $ref: 'schema/diff.json' } } };
  if (schema === undefined) return { [type]: { schema: { type: 'object' } } };
  if (!LISTS.has(schema)) return { [type]: { schema: { $ref: `schema/${schema}.json` } } };
  return {
    [type]: {
      schema: {
        type: 'object',
        required: ['total', 'offset', 'rows'],
        properties: {
          total: { type: ['integer', 'null'], description: 'Length of the whole list; null where it goes on and nobody has counted.' },
          offset: { type: 'integer' },
          rows: { $ref: `schema/${schema}.json` },
        },
      },
    },
  };
}

export function openapi() {
  const paths = {};
  for (const route of ROUTES) {
    const { method, path, does, asks = 'token', isLive, query = {}, status = 200 } = route;
    const parameters = [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'integer', minimum: 0 } })),
      ...Object.entries(query).map(([name, parameter]) => ({
        name,
        in: 'query',
        description: parameter.does,
        ...(parameter.isRequired && { required: true }),
        schema: parameter.schema,
      })),
    ];
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      summary: does,
      ...(isLive && { description: 'Only of a running process; where files are looked at: 404.' }),
      ...(parameters.length > 0 && { parameters }),
      security: asks === 'nobody' ? [] : [{ [asks]: [] }],
      responses: {
        [status]: { description: status === 202 ? 'Accepted; `Location` is the job.' : 'Yes.', content: body(route) },
        ...Object.fromEntries(refusals(route).map((code) => [code, { $ref: `#/components/responses/${code}` }])),
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'leakscan/admin', version, description: 'The admin endpoint of a running service; see docs/admin.md.' },
    servers: [{ url: '/leakscan' }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        ticket: { type: 'http', scheme: 'ticket', description: 'A one-time ticket, from `admin.ticket()`.' },
      },
      schemas: {
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'message'],
              properties: {
                code: { type: 'string', enum: Object.keys(CODES) },
                message: { type: 'string' },
                memory: { type: 'object', description: 'Of 503: the figures of a capture.' },
                disk: { type: 'object', description: 'Of 507: `needed` and `available` bytes.' },
                retryAfterMs: { type: 'number' },
              },
            },
          },
        },
      },
      responses: Object.fromEntries(
        Object.entries(REFUSALS).map(([code, description]) => [
          code,
          { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
        ]),
      ),
    },
  };
}

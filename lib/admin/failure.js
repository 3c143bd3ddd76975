// @ts-check
'use strict';

const { LeakscanError } = require('../errors.js');

/** The status of each error code; what is not here is a bug of leakscan or of the service: 500. */
const STATUS = /** @type {Record<string, number>} */ ({
  ERR_LEAKSCAN_INVALID_ARG: 400,
  ERR_LEAKSCAN_UNAUTHORIZED: 401,
  ERR_LEAKSCAN_FORBIDDEN: 403,
  ERR_LEAKSCAN_NOT_FOUND: 404,
  ERR_LEAKSCAN_UNKNOWN_NODE: 404,
  ERR_LEAKSCAN_BUSY: 409,
  ERR_LEAKSCAN_UNSUPPORTED: 501,
  ERR_LEAKSCAN_CHILD: 503,
  ERR_LEAKSCAN_MEMORY: 503,
});

/** A failure with the answer that it gets: its own status, headers, and figures beside the message. */
class Refusal extends LeakscanError {
  /**
   * @param {number} status
   * @param {import('../errors.js').Code} code
   * @param {string} message
   * @param {{ headers?: Record<string, string>, figures?: object }} [more]
   */
  constructor(status, code, message, { headers = {}, figures = {} } = {}) {
    super(code, message);
    this.status = status;
    this.headers = headers;
    this.figures = figures;
  }
}

const notFound = (/** @type {string} */ what) => new Refusal(404, 'ERR_LEAKSCAN_NOT_FOUND', `there is no ${what}`);
const wrong = (/** @type {string} */ message) => new Refusal(400, 'ERR_LEAKSCAN_INVALID_ARG', message);
const forbidden = (/** @type {string} */ message) => new Refusal(403, 'ERR_LEAKSCAN_FORBIDDEN', message);

/**
 * What an answer may say of an error: of leakscan's own all, of others nothing but that they were.
 * @param {any} error
 */
function described(error) {
  if (typeof error?.code !== 'string' || !error.code.startsWith('ERR_LEAKSCAN_')) {
    return { code: 'ERR_LEAKSCAN_INTERNAL', message: 'the question could not be answered; the service is unharmed' };
  }
  const { code, message, memory, figures } = error;
  return { code, message, ...(memory && { memory }), ...figures };
}

/** @param {any} error */
const statusOf = (error) => error?.status ?? STATUS[error?.code] ?? 500;

module.exports = { Refusal, described, forbidden, notFound, statusOf, wrong };

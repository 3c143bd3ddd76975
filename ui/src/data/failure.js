/** Why there is no answer: the server's own code and words, or what happened to the connection. */
export class Failure extends Error {
  /**
   * @param {number} status HTTP's; 0 where there was no answer
   * @param {{ code?: string, message?: string }} [error] as the server tells it
   */
  constructor(status, { code = 'ERR_LEAKSCAN_INTERNAL', message = `the server answered ${status}`, ...details } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    /** Seconds after which the server wants to be asked again. @type {number | undefined} */
    this.retryAfter = undefined;
  }
}

/** Nobody answered. */
export const unreachable = () => new Failure(0, { code: 'UNREACHABLE', message: 'The process does not answer: it may have ended, or the network is gone.' });

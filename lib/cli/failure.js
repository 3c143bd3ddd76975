// @ts-check
'use strict';

/** What the shell is told. Part of the contract, as the API is. */
const EXIT = Object.freeze({ nothing: 0, found: 1, error: 2, interrupted: 130 });

/** The command line itself is wrong. */
class UsageError extends Error {
  /** @param {string} message @param {string} [command] whose help would help */
  constructor(message, command) {
    super(message);
    this.command = command;
  }
}

const AGAIN = 'take the snapshot again: the file is damaged';
const BUG = 'this is a bug of leakscan, please report it';

/** What to try, by code: the end of an error's line. Messages of the other codes say it themselves. */
const HINTS = /** @type {Record<string, string>} */ ({
  ERR_LEAKSCAN_IO: 'check the path',
  ERR_LEAKSCAN_NOT_A_SNAPSHOT: 'give a .heapsnapshot, as v8.writeHeapSnapshot() or DevTools writes it; `leakscan allocations` reads a .heapprofile',
  ERR_LEAKSCAN_TRUNCATED: 'take the snapshot again: the process ended, or the disk was full, while it was written; `leakscan classes` shows what is there, if all nodes are',
  ERR_LEAKSCAN_SYNTAX: AGAIN,
  ERR_LEAKSCAN_UNSUPPORTED: 'tell us which program wrote it',
  ERR_LEAKSCAN_CORRUPT: AGAIN,
  ERR_LEAKSCAN_TOO_LARGE: 'try a machine with more memory',
  ERR_LEAKSCAN_UNKNOWN_NODE: 'ids are those of this one file; `leakscan instances` lists some',
  ERR_LEAKSCAN_DISPOSED: BUG,
  ERR_LEAKSCAN_INTERNAL: BUG,
});

/** Other processes are no files: their errors say themselves what to try. */
const OF_PROCESS = new Set(['capture']);

/**
 * A failure in one line: file, what, where, what to try.
 * @param {unknown} thrown
 * @param {string} [command] that failed
 */
function line(thrown, command = '') {
  const error = /** @type {any} */ (thrown);
  const message = String(error?.message ?? error).replaceAll(/\s*\n\s*/g, ' ');
  if (error instanceof UsageError) {
    return `${message} (see leakscan ${error.command === undefined ? '' : `${error.command} `}--help)`;
  }
  if (typeof error?.code === 'string' && error.code.startsWith('ERR_LEAKSCAN_')) {
    const hint = error.code === 'ERR_LEAKSCAN_IO' && OF_PROCESS.has(command) ? undefined : HINTS[error.code];
    return `${message} (${error.code})${hint === undefined ? '' : `; ${hint}`}`;
  }
  // The system's own, such as a full disk: EIO, ENOSPC, EACCES.
  if (typeof error?.syscall === 'string') return message;
  return `${message}; ${BUG} (LEAKSCAN_DEBUG=1 shows where)`;
}

module.exports = { EXIT, HINTS, UsageError, line };

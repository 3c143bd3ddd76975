// @ts-check
'use strict';

/**
 * `isolate: true`: the work runs in a process of its own, with nothing else in it. What other tests do does not count there, and
 * the process is ended when its time is over, whatever the work does.
 */

const { fork } = require('node:child_process');
const path = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');
const { LeakscanArgumentError, LeakscanError } = require('../../errors.js');
const { nameOf, sitesOf } = require('../../live/sites.js');
const { KINDS, shown } = require('../../options.js');
const { LeakAssertionError } = require('../failure.js');
const { TIMEOUT_MS } = require('../rounds.js');

const PROGRAM = path.join(__dirname, 'child.js');
/** So much later than the child: it tells more. */
const LATE_MS = 5_000;
/** What tells Node.js what to run, or to watch it: for this process, and not for the child. */
const OWN_FLAG = /^(-e|-pe?|--eval|--print)$|^--(test|experimental-test|inspect|watch|cpu-prof|heap-prof|input-type)/;
/** What a test runner, a debugger or a coverage tool says to its processes. */
const OWN_VARIABLE = /^(NODE_TEST_CONTEXT|NODE_V8_COVERAGE|NODE_CHANNEL_\w+|NODE_UNIQUE_ID)$/;

/**
 * Where the child finds the work.
 * @typedef {{ module: string, exported?: string, name?: string, text?: string }} Place
 */

/**
 * The place of work: a module by path or URL, or a function that its module exports.
 * @param {unknown} work
 * @param {string | undefined} exported
 * @returns {Place}
 */
function placeOf(work, exported) {
  if (typeof work !== 'function') {
    if (!KINDS.path.test(work)) throw new LeakscanArgumentError(`expected \`work\` to be a function, or the path or file: URL of a module, found ${shown(work)}`);
    const file = typeof work === 'string' && !work.startsWith('file:') ? path.resolve(work) : fileURLToPath(String(work));
    return { module: pathToFileURL(file).href, exported: exported ?? 'default' };
  }
  const url = sitesOf([[work]]).get(work)?.location?.url.replace(/[?#].*$/, '') ?? '';
  if (!path.isAbsolute(url)) {
    throw new LeakscanArgumentError(`expected \`work\` to be a function of a module, found ${shown(work)}; give the module's URL instead`);
  }
  return { module: pathToFileURL(url).href, name: nameOf(work), text: Function.prototype.toString.call(work) };
}

/** Flags of this process that hold for the child too, such as those that load TypeScript. */
function flags() {
  const isFlag = (/** @type {string} */ text) => text.startsWith('-');
  // What is no flag is the value of the one before, which goes with it.
  return process.execArgv.filter((text, at, all) => !OWN_FLAG.test(isFlag(text) ? text : all[at - 1]));
}

function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN_VARIABLE.test(name)));
}

/**
 * Has a child do what `assertNoLeak` does.
 * @param {unknown} work
 * @param {any} options
 * @returns {Promise<any>} the summary
 */
async function assertElsewhere(work, { export: exported, ...options }) {
  const place = placeOf(work, exported);
  const { evidence, timeout = TIMEOUT_MS } = options;
  const asked = { place, options: { ...options, ...(evidence?.href && { evidence: fileURLToPath(evidence.href) }) } };
  const answer = await ask(asked, timeout);
  if ('summary' in answer) return summaryOf(answer.summary);
  throw errorOf(answer);
}

/**
 * @param {object} question
 * @param {number} timeout milliseconds for the work
 * @returns {Promise<any>}
 */
function ask(question, timeout) {
  return new Promise((resolve, reject) => {
    // What the work prints goes to the error output: test runners read the other.
    const child = fork(PROGRAM, [], { execArgv: flags(), env: environment(), stdio: ['ignore', 2, 2, 'ipc'], serialization: 'advanced' });
    // A child whose work never gives the thread back cannot tell that its time is over.
    const clock = new Clock(timeout + LATE_MS, () => {
      child.kill('SIGKILL');
      reject(new LeakscanError('ERR_LEAKSCAN_TIMEOUT', `the function under test did not end within ${timeout} ms (option \`timeout\`), and its process was ended`));
    });
    child.on('message', (/** @type {any} */ message) => {
      if (message.round === 'begins') clock.start();
      else if (message.round === 'ends') clock.stop();
      else resolve(message);
    });
    child.on('error', (cause) => reject(new LeakscanError('ERR_LEAKSCAN_CHILD', `the isolated process could not be started: ${cause.message}`, { cause })));
    child.on('exit', (code, signal) => {
      clock.stop();
      // Without effect where it has answered.
      reject(new LeakscanError('ERR_LEAKSCAN_CHILD', `the isolated process ended (${signal ?? `exit code ${code}`}) while the work ran; its error output is above`));
    });
    child.send(question);
  });
}

/** Rings when it has run for so long, all in all. */
class Clock {
  #timeLeft;
  #ring;
  #began = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {number} time milliseconds @param {() => void} ring */
  constructor(time, ring) {
    this.#timeLeft = time;
    this.#ring = ring;
  }

  start() {
    this.#began = performance.now();
    this.#timer = setTimeout(this.#ring, this.#timeLeft);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timeLeft -= performance.now() - this.#began;
  }
}

/** @param {string | undefined} json */
const summaryOf = (json) => (json === undefined ? undefined : require('../../isolate/answers.js').summaryOf(json));

/**
 * What the child threw, as an error of this realm.
 * @param {{ failure?: any, refused?: string, thrown?: any }} answer
 */
function errorOf({ failure, refused, thrown }) {
  if (failure) return new LeakAssertionError(failure.message, { ...failure, summary: summaryOf(failure.summary) });
  if (refused) return new LeakscanArgumentError(refused);
  const { message, code, name, stack } = thrown;
  if (/^ERR_LEAKSCAN_/.test(code)) return new LeakscanError(code, message);
  return Object.assign(new Error(message), { name, stack }, code !== undefined && { code });
}

module.exports = { assertElsewhere };

'use strict';
// Runs the command line as a shell would, and compares what it prints with golden texts.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const bin = path.join(__dirname, '..', '..', 'bin', 'leakscan.js');
const golden = path.join(__dirname, 'golden');

/** The environment of a log: no colours, no terminal. */
function environment(more = {}) {
  const { NO_COLOR, FORCE_COLOR, CI, TERM, NODE_OPTIONS, LEAKSCAN_DEBUG, GITHUB_STEP_SUMMARY, ...env } = process.env;
  return { ...env, TERM: 'xterm', ...more };
}

/**
 * Starts `leakscan …args`.
 * @param {string[]} args
 * @param {{ cwd?: string, env?: object }} [options]
 */
function start(args, { cwd, env } = {}) {
  const preload = ['--require', path.join(__dirname, 'terminal.cjs')];
  return spawn(process.execPath, [...preload, bin, ...args], { cwd, env: environment(env) });
}

/**
 * Runs it to its end.
 * @param {string[]} args
 * @param {{ cwd?: string, env?: object, input?: Uint8Array }} [options]
 * @returns {Promise<{ status: number, stdout: string, stderr: string }>}
 */
function run(args, options = {}) {
  const child = start(args, options);
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  return ended(child);
}

/** How a child that was started ends. */
function ended(child) {
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (out[name] += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ status: code ?? signal, ...out }));
  });
}

/**
 * Compares a text with the one that somebody looked at; `UPDATE_GOLDEN=1` accepts it.
 * @param {string} name
 * @param {string} text
 */
function checkGolden(name, text) {
  const file = path.join(golden, name);
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(golden, { recursive: true });
    writeFileSync(file, text);
  }
  assert.equal(text, existsSync(file) ? readFileSync(file, 'utf8') : '', `${name} (UPDATE_GOLDEN=1 accepts it)`);
}

module.exports = { bin, checkGolden, ended, run, start };

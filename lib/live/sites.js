// @ts-check
'use strict';

/**
 * Where functions stand in the source, as the inspector tells it: 50 to 100 µs for each that is asked. Closures of one
 * function literal share their text, so of many with the same text in one place only some are asked.
 */

const { isProxy } = require('node:util').types;
const { fileURLToPath } = require('node:url');
const { GROUP, attempt, session, show } = require('./session.js');

/** Of more functions than this with the same text in one list only some are asked, all if these disagree. */
const MOST_SAME = 64;
const SAMPLES = 16;
/** Functions asked at most: 0.2 s. */
const MOST_ASKED = 2000;

/**
 * @typedef {object} Site
 * @property {string} key the same for closures of one function literal
 * @property {string} functionName
 * @property {{ url: string, line: number, column: number, functionName: string }} [location] absent for built-in functions
 */

/** URLs of scripts by the inspector's number for them. Numbers are not used again. @type {Map<string, string>} */
const scripts = new Map();

/** The names of all scripts there are: 20 to 40 ms for 100 scripts, so only when an unknown one is met. */
function readScripts() {
  const own = session();
  if (own === undefined) return;
  const stop = own.on('Debugger.scriptParsed', ({ scriptId, url }) => scripts.set(scriptId, pathOf(url)));
  try {
    attempt((post) => {
      post('Debugger.enable');
      post('Debugger.disable');
    });
  } finally {
    stop();
  }
}

/** The file or URL of a script, by the inspector's number for it. @param {string} scriptId */
function urlOf(scriptId) {
  if (!scripts.has(scriptId)) readScripts();
  return scripts.get(scriptId) ?? '';
}

/** As snapshots name CommonJS files. @param {string} url */
function pathOf(url) {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : url;
  } catch {
    return url;
  }
}

/** The name that the program gave it, or V8; without asking code of the program. @param {Function} fn */
function nameOf(fn) {
  const name = Reflect.getOwnPropertyDescriptor(fn, 'name');
  return typeof name?.value === 'string' ? name.value : '';
}

/**
 * Finds the place of each function.
 * @param {Function[][]} lists functions that belong together, such as an event's listeners
 * @returns {Map<Function, Site>}
 */
function sitesOf(lists) {
  /** @type {Map<Function, Site>} */
  const sites = new Map();
  const groups = lists.flatMap((functions) => groupsOf(functions));
  /** @type {Map<Function, any>} */
  const positions = new Map();
  ask(groups.flatMap(samples), positions);
  const doubtful = groups.filter((same) => new Set(samples(same).map((fn) => keyOf(positions.get(fn)))).size > 1);
  ask(doubtful.flat(), positions);
  if ([...positions.values()].some((position) => position && !scripts.has(position.scriptId))) readScripts();
  for (const same of groups) {
    for (const fn of same) sites.set(fn, isProxy(fn) ? PROXY : site(fn, positions.has(fn) ? positions.get(fn) : positions.get(same[0])));
  }
  return sites;
}

/** @type {Site} */
const PROXY = { key: '(proxy)', functionName: '(proxy)' };

/** Functions with the same name and text. @param {Function[]} functions */
function groupsOf(functions) {
  /** @type {Map<string, Function[]>} */
  const byText = new Map();
  for (const fn of functions) {
    const text = isProxy(fn) ? '' : `${nameOf(fn)}\0${Function.prototype.toString.call(fn)}`;
    const same = byText.get(text);
    if (same) same.push(fn);
    else byText.set(text, [fn]);
  }
  return [...byText.values()];
}

/** All, or some of them evenly spread. @param {Function[]} same */
function samples(same) {
  if (same.length <= MOST_SAME) return same;
  return Array.from({ length: SAMPLES }, (_, at) => same[Math.floor((at * (same.length - 1)) / (SAMPLES - 1))]);
}

/** @param {any} position */
const keyOf = (position) => (position ? `${position.scriptId}:${position.lineNumber}:${position.columnNumber}` : '');

/** @param {Function} fn @param {any} position @returns {Site} */
function site(fn, position) {
  const functionName = nameOf(fn).replace(/^(bound )+/, '');
  if (!position) return { key: `(built-in) ${functionName}`, functionName };
  const url = scripts.get(position.scriptId) ?? '';
  const location = { url, line: position.lineNumber + 1, column: position.columnNumber + 1, functionName };
  return { key: `${url}:${keyOf(position)}`, functionName, location };
}

/**
 * @param {Function[]} all
 * @param {Map<Function, any>} positions to fill; a function without one is built in
 */
function ask(all, positions) {
  const functions = [...new Set(all)].filter((fn) => !isProxy(fn) && !positions.has(fn)).slice(0, MOST_ASKED);
  if (functions.length === 0) return;
  show(functions, (objectId, post) => {
    const propertiesOf = (/** @type {string} */ id) => post('Runtime.getProperties', { objectId: id, ownProperties: true, objectGroup: GROUP });
    for (const { name, value } of propertiesOf(objectId).result) {
      if (!/^\d+$/.test(name)) continue;
      let { internalProperties = [] } = propertiesOf(value.objectId);
      const internal = (/** @type {string} */ name) => internalProperties.find((/** @type {any} */ it) => it.name === name)?.value;
      // A bound function stands where the one stands that it binds.
      for (let target; (target = internal('[[TargetFunction]]')); ) ({ internalProperties = [] } = propertiesOf(target.objectId));
      positions.set(functions[Number(name)], internal('[[FunctionLocation]]')?.value);
    }
  });
}

module.exports = { nameOf, pathOf, sitesOf, urlOf };

// @ts-check
'use strict';

const path = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');

/**
 * A script's URL as a path, if it is one of this machine's kind.
 * @param {string} url
 */
function toPath(url) {
  if (!url.startsWith('file:')) return path.isAbsolute(url) ? url : undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

/**
 * What a script is called in a repository: its path from `root` on, with slashes; `undefined` where it is not below. So it is
 * called on every machine.
 * @param {string} url
 * @param {string} root
 */
function inRepository(url, root) {
  const file = toPath(url);
  if (file === undefined) return undefined;
  const relative = path.relative(root, file);
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? undefined : relative.replaceAll(path.sep, '/');
}

/**
 * A script as a URI: relative to the repository where it lies in it.
 * @param {string} url
 * @param {string} root
 */
function toUri(url, root) {
  const relative = inRepository(url, root);
  if (relative !== undefined) return relative.split('/').map(encodeURIComponent).join('/');
  const file = toPath(url);
  if (file !== undefined) return pathToFileURL(file).href;
  return /^[a-z][a-z0-9+.-]+:/i.test(url) ? url : encodeURI(url);
}

/** Where the repository is: GitHub says, else it is here. */
const repository = () => process.env.GITHUB_WORKSPACE || process.cwd();

module.exports = { inRepository, repository, toUri };

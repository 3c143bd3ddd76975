// @ts-check
'use strict';

/** Snapshots that are kept on disk, within bounds: what is oldest makes room. */

const { readdirSync, rmSync, statSync } = require('node:fs');
const path = require('node:path');

/** @typedef {{ file: string, name: string, size: number, time: number }} KeptFile bytes, and milliseconds of the last change */

/**
 * Files of a directory by the pattern of their names, the oldest first.
 * @param {string} directory
 * @param {RegExp} pattern
 * @returns {KeptFile[]}
 */
function keptFiles(directory, pattern) {
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .flatMap((name) => {
      const file = path.join(directory, name);
      // Another process may have removed it since.
      const stats = statSync(file, { throwIfNoEntry: false });
      return stats ? [{ file, name, size: stats.size, time: stats.mtimeMs }] : [];
    })
    .sort((a, b) => a.time - b.time || (a.name < b.name ? -1 : 1));
}

/**
 * Removes the oldest files until there are only so many and not too large; the rest, the oldest first.
 * @param {KeptFile[]} files the oldest first
 * @param {{ most?: number, maxBytes?: number, spare?: (string | undefined)[] }} bounds `spare`: files that stay, whatever their age
 */
function removeOldest(files, { most = Infinity, maxBytes = Infinity, spare = [] }) {
  let count = files.length;
  let bytes = files.reduce((sum, { size }) => sum + size, 0);
  return files.filter(({ file, size }) => {
    if ((count <= most && bytes <= maxBytes) || spare.includes(file)) return true;
    rmSync(file, { force: true });
    count--;
    bytes -= size;
    return false;
  });
}

module.exports = { keptFiles, removeOldest };

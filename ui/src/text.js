// Figures and names for people, as the reports write them: three digits and a unit, 1 kB is 1000 bytes.

/** @param {number} bytes */
export function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = Math.abs(bytes);
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${bytes < 0 ? '−' : ''}${value.toFixed(digits)} ${units[unit]}`;
}

/** @param {number} number */
export const grouped = (number) => number.toLocaleString('en');

/** @param {number} number @param {string} noun */
export const counted = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;

/** @param {number} number */
export const signed = (number) => (number > 0 ? `+${grouped(number)}` : number < 0 ? `−${grouped(-number)}` : '0');

/** @param {number} bytes */
export const signedSize = (bytes) => (bytes > 0 ? `+${size(bytes)}` : bytes === 0 ? '0' : size(bytes));

/** @param {number} share from 0 to 1 */
export const percent = (share) => (share > 0 && share < 0.0005 ? '< 0.1 %' : `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`);

/** `+1`, `+0.25`. @param {number} number */
export const ratio = (number) => (Number.isInteger(number) ? grouped(number) : number.toPrecision(2).replace(/\.?0+$/, ''));

/** @param {number} ms */
export function duration(ms) {
  for (const [unit, name] of [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']]) {
    if (ms >= unit) {
      const value = ms / unit;
      return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${name}`;
    }
  }
  return `${Math.round(ms)} ms`;
}

/** With a capital letter. @param {string} text */
export const sentence = (text) => text[0].toUpperCase() + text.slice(1);

/** A moment, with the day where it is not today's. @param {number | string} when */
export function moment(when) {
  const date = new Date(when);
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.toLocaleDateString('en-CA')} ${time}`;
}

/** Characters that would change how the text around them looks: controls, and marks of the direction of writing. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]/g;

/** What comes from a heap, made visible. @param {string} text */
export const visible = (text) => text.replace(UNSEEN, (char) => (char <= '\u001f' ? String.fromCharCode(0x2400 + char.charCodeAt(0)) : '\ufffd'));

/** Cut in the middle: names differ at their ends. @param {string} text */
export function shortened(text, most = 80) {
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) / 3);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** The place that people know: in the source, where a source map tells. @param {any} location */
const known = (location) => location?.source ?? location;

/** `dist/orders.js:34:5`: the end of the path tells the file. @param {any} location */
export function place(location) {
  const { url, line, column } = known(location);
  const parts = url.replace(/^file:\/\//, '').split(/[\\/]/);
  const short = url.startsWith('node:') ? url : parts.slice(-2).join('/').replace(/^\//, '');
  return visible(`${short || '(eval)'}:${line}:${column}`);
}

/** The whole of it, as editors open it. @param {any} location */
export function wholePlace(location) {
  const { url, line, column } = known(location);
  return visible(`${url.replace(/^file:\/\//, '')}:${line}:${column}`);
}

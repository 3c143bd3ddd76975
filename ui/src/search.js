// What a search means: conditions of the route `find`, of which all must hold.

const UNITS = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };
const WORDS = { class: 'class', name: 'name', type: 'type' };
const SIZES = { retained: 'minRetainedSize', shallow: 'minShallowSize' };

/** One condition, as a parameter and its value. @param {string} text */
function condition(text) {
  const [, word, value] = /^(\w+):(.+)$/.exec(text) ?? [];
  if (word in WORDS) return [WORDS[word], value];
  const [, field, number, unit] = /^(\w+)>=?(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text) ?? [];
  const factor = UNITS[unit?.toLowerCase()];
  return field in SIZES && factor !== undefined ? [SIZES[field], Math.round(Number(number) * factor)] : undefined;
}

/**
 * A search with conditions is `asked`, or `wrong`; without any it is a name.
 * @param {string} text
 * @returns {{ asked?: Record<string, string | number>, wrong?: string }}
 */
export function read(text) {
  if (!/[:<>=]/.test(text)) return {};
  const parts = text.trim().split(/\s+/);
  const conditions = parts.map(condition);
  const at = conditions.indexOf(undefined);
  return at === -1 ? { asked: Object.fromEntries(conditions) } : { wrong: `‘${parts[at]}’ is not understood.` };
}

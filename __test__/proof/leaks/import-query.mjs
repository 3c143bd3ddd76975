// Leaks module-cache, 1 per round.
// A plugin that is imported anew by a query that changes: the loader keeps every one.

const plugin = new URL('reload/plugin.mjs', import.meta.url);

export const round = async (number) => {
  const { rules } = await import(`${plugin}?version=${number}`);
  return rules.length;
};

// A plugin as an ES module.

export const rules = Array.from({ length: 200 }, (_, at) => ({ at, name: `rule ${at}`, run: (value) => value > at }));

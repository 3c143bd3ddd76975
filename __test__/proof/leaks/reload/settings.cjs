'use strict';
// Settings with rules, read anew at every change.

const rules = Array.from({ length: 200 }, (_, at) => ({ at, name: `rule ${at}`, run: (value) => value > at }));

exports.rules = rules;

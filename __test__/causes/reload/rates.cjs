'use strict';

const table = Array.from({ length: 200 }, (_, at) => ({
  currency: `C${at}`,
  rate: at / 7,
  name: ['currency', at].join(' '),
}));

exports.rate = (currency) => table.find((row) => row.currency === currency)?.rate ?? 1;

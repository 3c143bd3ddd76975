// @ts-check
'use strict';

module.exports = require('./lib/assert/index.js');

// @ts-check
'use strict';

module.exports = require('./lib/admin/index.js');

'use strict';
// Work that goes wrong otherwise: an assertion says what happened, and soon.

exports.throws = () => {
  throw new RangeError('no such user');
};

exports.rejects = async () => {
  throw new RangeError('no such user, later');
};

exports.neverSettles = () => new Promise(() => {});

/** Eight rounds would be 2 GB. */
const bodies = [];
exports.leaks2GB = () => bodies.push(Buffer.alloc(256 * 1024 * 1024));

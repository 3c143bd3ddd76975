'use strict';
// The first bytes of every download, by its number: a view of ten bytes keeps the whole download.

class Downloads {
  constructor() {
    this.heads = new Map();
  }

  add(number, bytes) {
    this.heads.set(number, bytes.subarray(0, 10));
  }
}

const downloads = new Downloads();
let number = 0;

exports.round = () => downloads.add(number++, new Uint8Array(8_000));

// Leaks unbounded-collection or dominator, 1 per round, and 1 that is no leak.
// A thread in which every comment is a reply to the one before.

import load from '../load.cjs';

class Comment { // leak
  replies = [];

  constructor(number) { // leak
    this.number = number;
    this.text = load.text(number);
  }
}

export const first = new Comment(-1);
let last = first;

function reply(number) { // leak
  const comment = new Comment(number);
  last.replies.push(comment);
  last = comment;
}

export const round = async (number) => reply(number);

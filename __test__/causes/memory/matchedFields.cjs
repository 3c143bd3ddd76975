'use strict';
// Records of what a regular expression matched, three pieces of one mail each: they keep the mail once.

class Mailbox {
  constructor() {
    this.entries = [];
  }

  file(mail) {
    const [, from, to, subject] = /^From: (.*)\nTo: (.*)\nSubject: (.*)\n/.exec(mail);
    this.entries.push({ from, to, subject });
  }
}

const mailbox = new Mailbox();
let number = 0;

exports.round = () => {
  number++;
  const head = `From: somebody number ${number}\nTo: everybody but ${number}\nSubject: the news of the day ${number}\n`;
  mailbox.file(Buffer.from(head + 'x'.repeat(30_000)).toString());
};

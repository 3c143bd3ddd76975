'use strict';
// Healthy.
// Replies under names of their own, which come sooner or later; hooks that are disabled; rooms that people leave.

const { createHook } = require('node:async_hooks');
const { EventEmitter } = require('node:events');
const load = require('../load.cjs');

const bus = new EventEmitter();
const rooms = new Map();

exports.round = (number) => {
  const request = { number, text: load.text(number) };
  bus.once(`reply:${number}`, (reply) => {
    request.reply = reply;
  });
  if (number >= 30) bus.emit(`reply:${number - 30}`, 'ok');

  const hook = createHook({ init() {} }).enable();
  hook.disable();

  const room = `room ${number % 4}`;
  if (!rooms.has(room)) rooms.set(room, new Map());
  const users = rooms.get(room);
  const user = `user ${number % 9}`;
  if (!users.has(user)) users.set(user, new Set());
  const sockets = users.get(user);
  sockets.add({ number, isOpen: true });
  if (sockets.size > 3) sockets.delete(sockets.values().next().value);
};

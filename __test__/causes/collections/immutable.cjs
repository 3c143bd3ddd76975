'use strict';
// A state that is never changed but made anew, with one message more every time.

let state = { user: 'somebody', messages: [] };
let number = 0;

function reduce(message) {
  state = { ...state, messages: [...state.messages, message] };
}

exports.round = () => reduce({ text: `message ${number++}` });
exports.state = () => state;

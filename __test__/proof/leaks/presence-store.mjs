// Leaks stale-keys, 1 per round.
// A store whose reducer makes a new object every time, and sets who has left to null.

function presence(state, { type, visitor }) {
  switch (type) {
    case 'joined':
      return { ...state, [visitor]: { since: Date.now() } };
    case 'left':
      return { ...state, [visitor]: null };
    default:
      return state;
  }
}

class Store { // leak
  state = {};

  dispatch(action) {
    this.state = presence(this.state, action);
  }
}

const store = new Store();

export function round(number) {
  const visitor = `visitor:${number.toString(36)}`;
  store.dispatch({ type: 'joined', visitor });
  store.dispatch({ type: 'left', visitor });
}

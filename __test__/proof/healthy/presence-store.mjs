// Healthy.
// A store whose reducer makes a new object every time, without who has left.

function presence(state, { type, visitor }) {
  switch (type) {
    case 'joined':
      return { ...state, [visitor]: { since: Date.now() } };
    case 'left': {
      const { [visitor]: gone, ...others } = state;
      return others;
    }
    default:
      return state;
  }
}

class Store {
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

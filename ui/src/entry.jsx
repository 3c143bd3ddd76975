import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { remembering } from './data/answers.js';
import { embeddedSource } from './data/embedded.js';
import { exchange, httpSource } from './data/http.js';
import { Loading } from './parts/states.jsx';
import { Mark, Shell } from './shell.jsx';

/** Where the page is; its routes are below. */
const base = () => location.pathname.replace(/\/?$/, '/');

/** A one-time ticket in the address. It is taken out at once: it must not be in the history, nor be sent on. */
function takeTicket() {
  const [, ticket] = /^#ticket=(.+)$/.exec(location.hash) ?? [];
  if (ticket) history.replaceState(null, '', `${location.pathname}${location.search}`);
  return ticket && decodeURIComponent(ticket);
}

/** Who may see something: nobody, until a token or a ticket says so. What came with the page needs neither. */
export function Entry({ embedded }) {
  const [token, setToken] = useState();
  const [problem, setProblem] = useState();
  const ticket = useRef();
  const [exchanging, setExchanging] = useState(() => embedded === undefined && Boolean((ticket.current = takeTicket())));
  useEffect(() => {
    if (!ticket.current) return;
    exchange(base(), ticket.current)
      .then(({ token: fresh }) => setToken(fresh))
      .catch(() => setProblem('This link has been used, or is too old. Enter the token, or make a new link.'))
      .finally(() => setExchanging(false));
  }, []);
  const source = useMemo(() => {
    if (embedded !== undefined) return remembering(embeddedSource(embedded));
    const lockedOut = (failure) => {
      setToken(undefined);
      setProblem(failure.details?.reason === 'expired' ? 'The session has ended. Enter the token again.' : 'The server does not take this token, or the session has ended.');
    };
    return token === undefined ? undefined : remembering(httpSource(base(), token, lockedOut));
  }, [embedded, token]);
  if (source) return <Shell source={source} />;
  if (exchanging) return <main class="door"><Loading what="Opening" /></main>;
  return (
    <Door
      problem={problem}
      enter={(text) => {
        setProblem(undefined);
        setToken(text);
      }}
    />
  );
}

/** Asks for the token. It is kept in this page's memory only: a reload asks again. */
function Door({ problem, enter }) {
  const field = useRef();
  useEffect(() => field.current.focus(), []);
  const submit = (event) => {
    event.preventDefault();
    const text = field.current.value.trim();
    if (text !== '') enter(text);
  };
  return (
    <main class="door">
      <form class="card" onSubmit={submit}>
        <h1 class="brand"><Mark />leakscan</h1>
        <label for="token">Token</label>
        <input id="token" ref={field} type="password" autocomplete="off" spellcheck={false} aria-describedby="token-note" aria-invalid={problem ? 'true' : undefined} />
        {problem && <p class="bad" role="alert">{problem}</p>}
        <button type="submit" class="button primary">Open</button>
        <p id="token-note" class="soft">The one that <code>createAdmin</code> was given; the page keeps it in memory only. Of <code>leakscan open</code> there is none: press Enter in its terminal for another link.</p>
      </form>
    </main>
  );
}

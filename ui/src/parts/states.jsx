import { useLasting } from '../data/answers.js';

/** Something is on its way. It shows only when it takes a moment. @param {{ what?: string, pending?: boolean }} props */
export function Loading({ what = 'Loading', pending = true }) {
  const shown = useLasting(pending);
  return (
    <div class="state" role="status">
      {shown && (
        <p class="soft">
          <span class="spinner" aria-hidden="true" /> {what} …
        </p>
      )}
    </div>
  );
}

/** There is nothing, and what to do about it. */
export function Empty({ title, children, calm = false }) {
  return (
    <div class={calm ? 'state calm' : 'state'}>
      <p class="state-title">{title}</p>
      {children && <div class="soft">{children}</div>}
    </div>
  );
}

/** What to try, by code. */
const HINTS = {
  UNREACHABLE: 'Look whether the process runs, then try again.',
  ERR_LEAKSCAN_BUSY: 'Wait until the other one is done.',
  ERR_LEAKSCAN_MEMORY: 'Free memory, or capture on another instance.',
  ERR_LEAKSCAN_INVALID_ARG: 'A search has terms such as class:Session, name~handler, type:closure, retained>1MB, distance<5, listener-of:process.',
  ERR_LEAKSCAN_UNKNOWN_NODE: 'Ids are those of one snapshot: choose the one it is from.',
};

/** What failed, in the server's words, and what to try. */
export function Failed({ failure, again }) {
  if (failure.code === 'NOT_HERE') return <Empty title={failure.message} calm>A file holds only a part of what can be asked: <code>leakscan open FILE</code> has all of it.</Empty>;
  const hint = HINTS[failure.code];
  return (
    <div class="state failed" role="alert">
      <p class="state-title">{failure.message}</p>
      <p class="soft">
        {hint && `${hint} `}
        {failure.code.startsWith('ERR_') && <code>{failure.code}</code>}
      </p>
      {again && (
        <button type="button" class="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** The state of an answer, or what is made of its value. @param {{ answer: any, what?: string, children: (value: any) => any }} props */
export function Answered({ answer, what, children }) {
  if (answer.value !== undefined) return children(answer.value);
  if (answer.failure) return <Failed failure={answer.failure} again={answer.again} />;
  return <Loading what={what} />;
}

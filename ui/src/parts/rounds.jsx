import { usePage } from '../context.js';

/** Rounds are one number for all gaps of a series, or one for each. */
const FORM = /^\d{1,9}(,\d{1,9})*$/;
const LONGEST_UNIT = 40;
/** What services do, if nobody says otherwise. */
const UNIT = 'request';

/**
 * What the address says of the rounds between snapshots, as far as it fits so many: `{ rounds, unit }` of a question, and what is wrong.
 * @param {number} count of snapshots
 */
export function useRounds(count) {
  const { query: { rounds, unit }, embedded } = usePage();
  if (embedded || !rounds || count < 2) return { asked: {} };
  const numbers = rounds.split(',').map(Number);
  if (!FORM.test(rounds) || numbers.some((it) => it < 1)) return { asked: {}, wrong: 'Expected a number, such as 300.' };
  if (numbers.length !== 1 && numbers.length !== count - 1) return { asked: {}, wrong: `Expected one number for all, or ${count - 1}: one from each snapshot to the next.` };
  return { asked: { rounds, unit: unit ?? UNIT } };
}

/** How much the service did between the snapshots: only who asks can know, and growth by request follows from it. */
export function Rounds({ count }) {
  const { query, route, embedded } = usePage();
  const { wrong } = useRounds(count);
  if (embedded || count < 2) return null;
  const set = (name) => (event) => route({ [name]: event.currentTarget.value.replaceAll(/\s*([, ])\s*/g, '$1').trim() || undefined }, { replace: true });
  return (
    <fieldset class="rounds">
      <legend>Between them</legend>
      <input
        key={`rounds ${query.rounds}`}
        type="text"
        inputmode="numeric"
        size={7}
        maxLength={150}
        aria-label="Rounds between the snapshots"
        aria-invalid={wrong ? 'true' : undefined}
        aria-describedby={wrong ? 'rounds-wrong' : undefined}
        placeholder={count > 2 ? '300 or 7,13' : '300'}
        defaultValue={query.rounds ?? ''}
        autocomplete="off"
        onChange={set('rounds')}
      />
      <input key={`unit ${query.unit}`} type="text" size={9} maxLength={LONGEST_UNIT} aria-label="What a round is called" placeholder={UNIT} defaultValue={query.unit ?? ''} autocomplete="off" onChange={set('unit')} />
      {wrong && <span id="rounds-wrong" class="bad" role="alert">{wrong}</span>}
    </fieldset>
  );
}

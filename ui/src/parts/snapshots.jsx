import { usePage } from '../context.js';
import { moment, size } from '../text.js';

/** How a snapshot is called where there is little room. */
export const shortName = ({ id, label }) => label || `#${id}`;

/** What tells it from the others. @param {any} snapshot */
export const about = ({ takenAt, totalSize }) => [takenAt && moment(takenAt), totalSize !== undefined && size(totalSize)].filter(Boolean).join(' · ');

/** Chooses one snapshot. */
export function SnapshotSelect({ label, snapshots, value, choose }) {
  return (
    <label class="select">
      <span>{label}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {snapshots.map((snapshot) => (
          <option key={snapshot.id} value={snapshot.id}>
            {[shortName(snapshot), about(snapshot)].filter(Boolean).join(' · ')}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Chooses the series: several, in their order. A page to keep has the answers about one series only. */
export function SeriesChips() {
  const { snapshots, embedded, route } = usePage();
  const chosen = useSeries().map(({ id }) => id);
  if (embedded) return null;
  const toggle = (id) => {
    const next = snapshots.filter((snapshot) => (snapshot.id === id ? !chosen.includes(id) : chosen.includes(snapshot.id)));
    if (next.length > 0) route({ of: next.map((snapshot) => snapshot.id).join(',') });
  };
  return (
    <fieldset class="chips">
      <legend>Snapshots</legend>
      {snapshots.map((snapshot) => (
        <label key={snapshot.id} class="chip" title={about(snapshot)}>
          <input type="checkbox" checked={chosen.includes(snapshot.id)} onChange={() => toggle(snapshot.id)} />
          <span>{shortName(snapshot)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Snapshots taken for a series if nobody chooses: the last that a process has kept, or all that somebody gave. */
const MOST_KEPT = 5;
const MOST_GIVEN = 16;

/** The snapshots that the address names, or the last ones. */
export function useSeries() {
  const { snapshots, query, live } = usePage();
  const ids = query.of?.split(',') ?? [];
  const found = snapshots.filter(({ id }) => ids.includes(String(id)));
  return found.length > 0 ? found : snapshots.slice(live ? -MOST_KEPT : -MOST_GIVEN);
}

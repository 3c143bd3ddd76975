import { moment, size } from '../text.js';

/** How a snapshot is called where there is little room. */
export const shortName = ({ id, label }) => label || `#${id}`;

/** What tells it from the others. @param {any} snapshot */
export const about = ({ takenAt, totalSize }) => [takenAt && moment(takenAt), size(totalSize)].filter(Boolean).join(' · ');

/** Chooses one snapshot. */
export function SnapshotSelect({ label, snapshots, value, choose }) {
  return (
    <label class="select">
      <span>{label}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {snapshots.map((snapshot) => (
          <option key={snapshot.id} value={snapshot.id}>
            {shortName(snapshot)} ({about(snapshot)})
          </option>
        ))}
      </select>
    </label>
  );
}

/** Chooses several, in their order. */
export function SnapshotChips({ label, snapshots, chosen, choose }) {
  const toggle = (id) => {
    const next = snapshots.filter((snapshot) => (snapshot.id === id ? !chosen.includes(id) : chosen.includes(snapshot.id)));
    if (next.length > 0) choose(next.map((snapshot) => snapshot.id));
  };
  return (
    <fieldset class="chips">
      <legend>{label}</legend>
      {snapshots.map((snapshot) => (
        <label key={snapshot.id} class="chip" title={about(snapshot)}>
          <input type="checkbox" checked={chosen.includes(snapshot.id)} onChange={() => toggle(snapshot.id)} />
          <span>{shortName(snapshot)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Snapshots taken for a series if nobody chooses: the last ones. */
const MOST = 5;

/** The snapshots that an address names, or the last ones. @param {any[]} snapshots @param {string | undefined} named ids with commas */
export function seriesOf(snapshots, named) {
  const ids = named?.split(',') ?? [];
  const found = snapshots.filter(({ id }) => ids.includes(String(id)));
  return found.length > 0 ? found : snapshots.slice(-MOST);
}

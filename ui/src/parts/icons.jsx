/** Drawn on a grid of 16, in the colour of the text. */
const SHAPES = {
  now: 'M2 9h3l2-5 3 8 1.5-3H14',
  findings: 'M8 2.5 14 13H2L8 2.5zM8 7v2.6M8 11.2v.1',
  compare: 'M3 13V7M6.5 13V9M9.5 13V5M13 13V2.5',
  explore: 'M2.5 3.5h4v4h-4zM9.5 3.5h4v4h-4zM9.5 10h4v3h-4zM4.5 7.5v4h5',
  listeners: 'M3 9.5a5 5 0 0 1 10 0M5.5 9.5a2.5 2.5 0 0 1 5 0M8 9.5v4',
  capture: 'M2.5 5h2.2l1-1.8h4.6l1 1.8h2.2v7.5h-11zM8 6.7a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  files: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  right: 'M6 3.5 10.5 8 6 12.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  back: 'M10 3.5 5.5 8l4.5 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM10.2 10.2 13.5 13.5',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  remove: 'M3 4.5h10M6.5 4V3h3v1M4.5 4.5l.6 8.5h5.8l.6-8.5',
  save: 'M8 2.5v7M5 7l3 3 3-3M3 13h10',
};

/** @param {{ name: keyof typeof SHAPES }} props always beside a text that says the same */
export function Icon({ name }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}

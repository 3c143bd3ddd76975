import { useRef } from 'preact/hooks';

/**
 * Tabs: arrow keys move between them, and only the chosen one is a stop of the Tab key.
 * @param {{ label: string, tabs: { id: string, title: any }[], chosen: string, choose: (id: string) => void, panel: string }} props
 *   `panel` is the id of the element that the tabs change
 */
export function Tabs({ label, tabs, chosen, choose, panel }) {
  const list = useRef();
  const move = (event) => {
    const at = tabs.findIndex(({ id }) => id === chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    choose(tabs[next].id);
    list.current.children[next].focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map(({ id, title }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={`${panel}-${id}`}
          aria-selected={id === chosen}
          aria-controls={panel}
          tabIndex={id === chosen ? 0 : -1}
          onClick={() => choose(id)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

/** What the chosen tab shows. */
export function Panel({ id, chosen, children, ...rest }) {
  return (
    <div id={id} role="tabpanel" aria-labelledby={`${id}-${chosen}`} {...rest}>
      {children}
    </div>
  );
}

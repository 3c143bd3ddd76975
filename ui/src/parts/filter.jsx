import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icons.jsx';

const PAUSE_MS = 250;

/** A field that narrows a list, once the typing pauses. */
export function Filter({ value, set, label, placeholder = label }) {
  const [text, setText] = useState(value);
  const timer = useRef();
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const typed = (event) => {
    const next = event.currentTarget.value;
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => set(next || undefined), PAUSE_MS);
  };
  return (
    <div class="filter">
      <Icon name="search" />
      <input type="search" aria-label={label} placeholder={placeholder} value={text} onInput={typed} spellcheck={false} autocomplete="off" />
    </div>
  );
}

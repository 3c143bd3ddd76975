import { useState } from 'preact/hooks';
import { place, visible, wholePlace } from '../text.js';
import { Icon } from './icons.jsx';

/** A place in the source; the whole path is its title. */
export function Place({ location }) {
  if (!location) return null;
  return (
    <code class="place" title={wholePlace(location)}>
      {place(location)}
    </code>
  );
}

/** Copies a text, and says that it did. Without a clipboard (plain HTTP, file://) it selects the text, for the keyboard to copy. */
export function Copy({ text, of, children = 'Copy' }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const element = document.getElementById(of);
      if (!element) return;
      getSelection().selectAllChildren(element);
      if (!document.execCommand('copy')) return;
    }
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return (
    <button type="button" class="button small" onClick={copy}>
      <Icon name="copy" /> <span aria-live="polite">{done ? 'Copied' : children}</span>
    </button>
  );
}

/** A part of a whole as a bar. @param {{ share: number, label: string }} props */
export function Meter({ share, label }) {
  return (
    <span class="meter" role="img" aria-label={label}>
      <span style={{ width: `${Math.min(Math.max(share, 0), 1) * 100}%` }} />
    </span>
  );
}

/** A sentence of a report: what stands between backticks is code. @param {{ text: string }} props */
export function Prose({ text }) {
  return visible(text).split('`').map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part));
}

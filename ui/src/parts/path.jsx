import { edgeKind, edgeName, edgeOf, folded, nodeName } from '../nodes.js';
import { size } from '../text.js';
import { Place } from './place.jsx';

/** Deeper than this a path goes straight down: a phone has no room to the right. */
const DEEPEST = 9;

/**
 * A path as a chain that can be read: a step a line, each further in. Nodes are links where `link` gives an address.
 *
 * @param {{ top?: string, steps: any[], link?: (id: number) => string | undefined, label: string }} props
 */
export function Path({ top, steps, link, label }) {
  const lines = folded(steps);
  return (
    <ol class="path" aria-label={label}>
      {top && (
        <li class="path-step" style={{ '--depth': 0 }}>
          <span class="node-name">{top}</span>
        </li>
      )}
      {lines.map(({ step, times }, at) => (
        <Step key={at} step={step} times={times} depth={Math.min(at + (top ? 1 : 0), DEEPEST)} link={link} last={at === lines.length - 1} />
      ))}
    </ol>
  );
}

function Step({ step, times, depth, link, last }) {
  const edge = edgeOf(step);
  const kind = edgeKind(edge.type);
  const { node } = step;
  const name = nodeName(node);
  const address = link?.(node.id);
  return (
    <li class={`path-step${last ? ' last' : ''}`} style={{ '--depth': depth }}>
      {kind && <span class="edge-kind">{kind} </span>}
      <span class={`edge edge-${edge.type}`}>{edgeName(edge)}</span>
      {times > 1 && <span class="soft"> × {times}</span>}
      {edge.type !== 'omitted' && (
        <>
          <span class="arrow" aria-label="leads to"> → </span>
          {address ? <a class="node-name" href={address}>{name}</a> : <span class="node-name">{name}</span>}
          {node.type === 'closure' && node.location && <> <Place location={node.location} /></>}
          {node.retainedSize > 0 && <span class="path-size" title="retained size">{size(node.retainedSize)}</span>}
        </>
      )}
    </li>
  );
}

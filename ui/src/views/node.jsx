import { useCallback } from 'preact/hooks';
import { usePage } from '../context.js';
import { pathOf, useAnswer } from '../data/answers.js';
import { edgeKind, edgeName, nodeName } from '../nodes.js';
import { Icon } from '../parts/icons.jsx';
import { Path } from '../parts/path.jsx';
import { Place } from '../parts/place.jsx';
import { Answered, Empty } from '../parts/states.jsx';
import { Panel, Tabs } from '../parts/tabs.jsx';
import { Tree } from '../parts/tree.jsx';
import { href } from '../route.js';
import { grouped, percent, size, visible } from '../text.js';

const TABS = [
  { id: 'paths', title: 'Why alive' },
  { id: 'retainers', title: 'Retainers' },
  { id: 'edges', title: 'References' },
  { id: 'dominated', title: 'Keeps alive' },
];
const DETACHEDNESS = ['', 'attached', 'detached'];

/** One object: its figures, what keeps it, and what it keeps. */
export function Node({ snapshot, id }) {
  const { source, query, route } = usePage();
  const node = useAnswer(source, `/api/snapshots/${snapshot.id}/nodes/${id}`);
  const tab = TABS.some((it) => it.id === query.tab) ? query.tab : 'paths';
  const close = () => route({ node: undefined });
  return (
    <section class="detail" aria-label={`Object @${id}`}>
      <Answered answer={node}>
        {(value) => (
          <>
            <header class="detail-head">
              <button type="button" class="button small icon-only" aria-label="Back to the list" onClick={close}><Icon name="close" /></button>
              <h2 class="node-name">{nodeName(value)} <span class="soft">@{id}</span></h2>
            </header>
            <dl class="node-figures">
              <div><dt>Retained</dt><dd><b>{size(value.retainedSize)}</b> <span class="soft">{percent(value.retainedSize / snapshot.totalSize)}</span></dd></div>
              <div><dt>Shallow</dt><dd>{size(value.shallowSize)}</dd></div>
              <div><dt>Distance</dt><dd>{value.distance ?? '–'}</dd></div>
              <div><dt>Class</dt><dd><a href={href('explore', { in: snapshot.id, class: value.classKey, label: value.className, node: id, tab: query.tab })}>{visible(value.className)}</a></dd></div>
              <div><dt>Type</dt><dd>{value.type}{value.detachedness > 0 && `, ${DETACHEDNESS[value.detachedness]}`}</dd></div>
              {value.location && <div><dt>Made at</dt><dd><Place location={value.location} /></dd></div>}
            </dl>
            <Tabs label="What about it" panel="about-node" tabs={TABS} chosen={tab} choose={(to) => route({ tab: to }, { replace: true })} />
            <Panel id="about-node" chosen={tab} class="fill scroll">
              {tab === 'paths' ? <Paths snapshot={snapshot} id={id} /> : <Branches key={tab} kind={tab} snapshot={snapshot} node={value} />}
            </Panel>
          </>
        )}
      </Answered>
    </section>
  );
}

function Paths({ snapshot, id }) {
  const { source, query } = usePage();
  const paths = useAnswer(source, pathOf(`/api/snapshots/${snapshot.id}/nodes/${id}/paths`, { limit: 5 }));
  const link = (to) => href('explore', { in: snapshot.id, class: query.class, label: query.label, node: to });
  return (
    <Answered answer={paths} what="Looking for paths">
      {({ rows }) =>
        rows.length === 0 ? (
          <Empty title="Nothing keeps it alive." calm>It would be gone after the next collection.</Empty>
        ) : (
          <ol class="paths" aria-label="Paths from the root, shortest first">
            {rows.map((steps, at) => (
              <li key={at}>
                <p class="soft">{at === 0 ? 'Shortest: ' : ''}{steps.length} step{steps.length === 1 ? '' : 's'} from the root</p>
                <Path top="(root)" steps={steps} link={link} label={`Path ${at + 1}`} />
              </li>
            ))}
          </ol>
        )
      }
    </Answered>
  );
}

const EMPTY = {
  retainers: 'Nothing refers to it.',
  edges: 'It refers to nothing.',
  dominated: 'It alone keeps nothing else alive.',
};
const LABELS = { retainers: 'What refers to it', edges: 'What it refers to', dominated: 'What would be freed with it' };

/** References, retainers, or what is dominated, as a tree. */
function Branches({ kind, snapshot, node }) {
  const { source, route } = usePage();
  const load = useCallback(
    async (item, window) => source.get(pathOf(`/api/snapshots/${snapshot.id}/nodes/${nodeOf(item ?? node).id}/${kind}`, window)),
    [source, snapshot.id, node.id, kind],
  );
  const canOpen = (item) => {
    const { edgeCount, retainerCount, retainedSize, shallowSize } = nodeOf(item);
    return { edges: edgeCount, retainers: retainerCount, dominated: retainedSize - shallowSize }[kind] > 0;
  };
  return (
    <Tree
      label={LABELS[kind]}
      question={`${snapshot.id}/${node.id}/${kind}`}
      load={load}
      keyOf={(item) => nodeOf(item).id}
      canOpen={canOpen}
      choose={(item) => route({ node: nodeOf(item).id })}
      empty={<Empty title={EMPTY[kind]} calm />}
    >
      {(item) => <Branch item={item} kind={kind} />}
    </Tree>
  );
}

/** The node of an edge, or the node itself. */
const nodeOf = (item) => item.node ?? item;

function Branch({ item, kind }) {
  const node = nodeOf(item);
  const variable = item.node && edgeKind(item.type);
  return (
    <>
      <span class="branch">
        {item.node && (
          <>
            {variable && <span class="edge-kind">{variable} </span>}
            <span class={`edge edge-${item.type}`}>{edgeName(item)}</span>
            <span class="soft"> {kind === 'retainers' ? 'in' : '→'} </span>
          </>
        )}
        <span class="node-name">{nodeName(node)}</span> <span class="soft">@{node.id}</span> {node.type === 'closure' && <Place location={node.location} />}
      </span>
      <span class="branch-size" title={`${grouped(node.retainedSize)} bytes retained`}>{size(node.retainedSize)}</span>
    </>
  );
}

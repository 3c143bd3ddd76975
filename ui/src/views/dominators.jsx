import { useCallback, useMemo } from 'preact/hooks';
import { usePage } from '../context.js';
import { pathOf, useAnswer } from '../data/answers.js';
import { nodeName } from '../nodes.js';
import { Icon } from '../parts/icons.jsx';
import { Answered } from '../parts/states.jsx';
import { Tree } from '../parts/tree.jsx';
import { KIND_NAMES, Treemap } from '../parts/treemap.jsx';
import { href } from '../route.js';
import { grouped, percent, size } from '../text.js';

/** What keeps what alive: the dominator tree, and its areas. Both show the same; what is chosen in one is so in the other. */
export function Dominators({ snapshot }) {
  const { source, query, route } = usePage();
  const root = useMemo(() => ({ id: 0, name: 'The heap', type: 'synthetic', className: '', shallowSize: 0, retainedSize: snapshot.totalSize }), [snapshot]);
  const of = useCallback(
    (id, window) => source.get(pathOf(id === root.id ? `/api/snapshots/${snapshot.id}/dominators` : `/api/snapshots/${snapshot.id}/nodes/${id}/dominated`, window)),
    [source, snapshot.id, root],
  );
  const zoomed = useAnswer(source, query.zoom && `/api/snapshots/${snapshot.id}/nodes/${query.zoom}`);
  const chosen = useAnswer(source, query.node && `/api/snapshots/${snapshot.id}/nodes/${query.node}`);
  const middle = query.zoom ? zoomed.value : root;
  const load = useCallback((item, window) => of((item ?? root).id, window), [of, root]);
  return (
    <div class="map-view">
      <section class="map-tree scroll" aria-label="Dominator tree">
        <Tree
          label="What keeps what alive, the largest first"
          question={snapshot.id}
          load={load}
          keyOf={({ id }) => id}
          canOpen={({ retainedSize, shallowSize }) => retainedSize > shallowSize}
          choose={({ id }) => route({ node: id }, { replace: true })}
          isChosen={({ id }) => String(id) === query.node}
        >
          {(node) => (
            <>
              <span class="branch"><span class="node-name">{nodeName(node)}</span> <span class="soft">@{node.id}</span></span>
              <span class="branch-size" title={`${grouped(node.retainedSize)} bytes`}>{size(node.retainedSize)} <span class="soft">{percent(node.retainedSize / snapshot.totalSize)}</span></span>
            </>
          )}
        </Tree>
      </section>
      <section class="map" aria-label="Treemap">
        <div class="crumbs">
          {query.zoom ? <button type="button" class="link" onClick={() => route({ zoom: undefined })}><Icon name="back" /> The heap</button> : <span>The heap, <b>{size(snapshot.totalSize)}</b></span>}
          {query.zoom && middle && <span><span class="node-name">{nodeName(middle)}</span> <b>{size(middle.retainedSize)}</b></span>}
        </div>
        {middle ? (
          <Treemap node={middle} load={of} zoom={(node) => route({ zoom: node.id, node: node.id })} choose={(node) => route({ node: node.id }, { replace: true })} chosen={query.node && Number(query.node)} />
        ) : (
          <Answered answer={zoomed}>{() => null}</Answered>
        )}
        <ul class="legend">
          {Object.entries(KIND_NAMES).map(([kind, name]) => <li key={kind}><span class={`swatch map-${kind}`} aria-hidden="true" />{name}</li>)}
        </ul>
        {query.node && (
          <div class="map-chosen" aria-live="polite">
            <Answered answer={chosen}>
              {(node) => (
                <>
                  <p><b class="node-name">{nodeName(node)}</b> <span class="soft">@{node.id} · {node.className}</span><br />{size(node.retainedSize)} with all that it keeps, {size(node.shallowSize)} itself</p>
                  <p class="buttons">
                    {node.retainedSize > node.shallowSize && String(node.id) !== query.zoom && <button type="button" class="button small" onClick={() => route({ zoom: node.id })}>Zoom in</button>}
                    <a class="button small" href={href('explore', { in: snapshot.id, node: node.id })}>Why alive</a>
                  </p>
                </>
              )}
            </Answered>
          </div>
        )}
      </section>
    </div>
  );
}

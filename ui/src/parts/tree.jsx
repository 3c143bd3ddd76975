import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { grouped } from '../text.js';
import { Icon } from './icons.jsx';
import { Empty, Failed, Loading } from './states.jsx';

/** Children asked for at a time. */
const WINDOW = 50;

/**
 * A tree whose branches come when they are opened, a window at a time.
 *
 * Up and Down move, Right opens, Left closes or goes to the parent, Enter chooses.
 *
 * @param {object} props
 * @param {string} props.label
 * @param {string} props.question changes when the tree is another one
 * @param {(item: any | undefined, window: { offset: number, limit: number }) => Promise<{ total?: number, rows: any[] }>} props.load
 *   the children of an item, or the first level
 * @param {(item: any) => unknown} props.keyOf
 * @param {(item: any) => boolean} props.canOpen
 * @param {(item: any) => any} props.children draws an item
 * @param {(item: any) => void} [props.choose]
 * @param {(item: any) => boolean} [props.isChosen]
 * @param {any} [props.empty]
 */
export function Tree({ label, question, load, keyOf, canOpen, children: draw, choose, isChosen, empty }) {
  const [, setRound] = useState(0);
  const tree = useRef();
  if (tree.current?.question !== question) tree.current = { question, root: { path: '', level: 0, open: true }, active: undefined };
  const { current } = tree;
  const element = useRef();
  const focusNext = useRef(false);
  const redraw = () => tree.current === current && setRound((round) => round + 1);

  const more = async (branch) => {
    branch.pending = true;
    branch.failure = undefined;
    redraw();
    try {
      const offset = branch.branches?.length ?? 0;
      const { total, rows } = await load(branch.item, { offset, limit: WINDOW });
      const fresh = rows.map((item, at) => ({ item, parent: branch, level: branch.level + 1, path: `${branch.path}/${offset + at}:${keyOf(item)}`, open: false }));
      branch.branches = [...(branch.branches ?? []), ...fresh];
      branch.total = total ?? branch.branches.length + (rows.length === WINDOW ? 1 : 0);
    } catch (failure) {
      branch.failure = failure;
    }
    branch.pending = false;
    redraw();
  };
  useEffect(() => {
    more(current.root);
  }, [question]);

  const toggle = (branch, open = !branch.open) => {
    if (!canOpen(branch.item)) return;
    branch.open = open;
    if (open && branch.branches === undefined && !branch.pending) more(branch);
    else redraw();
  };

  /** What is seen, from top to bottom: branches, and a line for what is left of each. */
  const lines = [];
  const stack = [{ branch: current.root, at: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const { branch } = top;
    if (top.at < (branch.branches?.length ?? 0)) {
      const child = branch.branches[top.at++];
      lines.push({ path: child.path, branch: child });
      if (child.open) stack.push({ branch: child, at: 0 });
      continue;
    }
    stack.pop();
    const left = (branch.total ?? 0) - (branch.branches?.length ?? 0);
    if (branch.failure && branch !== current.root) lines.push({ path: `${branch.path}/failed`, failed: branch });
    else if (branch.pending && branch !== current.root) lines.push({ path: `${branch.path}/pending`, pending: branch });
    else if (left > 0) lines.push({ path: `${branch.path}/more`, more: branch, left });
  }

  const at = Math.max(0, lines.findIndex(({ path }) => path === current.active));
  const activate = (path, focus = true) => {
    current.active = path;
    focusNext.current = focus;
    redraw();
  };
  useLayoutEffect(() => {
    if (!focusNext.current) return;
    focusNext.current = false;
    element.current?.querySelector('[tabindex="0"]')?.focus();
  });
  const press = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || lines.length === 0) return;
    const { branch, more: rest } = lines[at];
    const done = () => event.preventDefault();
    if (event.key === 'ArrowDown') done(activate(lines[Math.min(at + 1, lines.length - 1)].path));
    else if (event.key === 'ArrowUp') done(activate(lines[Math.max(at - 1, 0)].path));
    else if (event.key === 'Home') done(activate(lines[0].path));
    else if (event.key === 'End') done(activate(lines[lines.length - 1].path));
    else if (event.key === 'ArrowRight' && branch) done(branch.open && branch.branches?.length ? activate(branch.branches[0].path) : toggle(branch, true));
    else if (event.key === 'ArrowLeft' && branch?.open) done(toggle(branch, false));
    else if (event.key === 'ArrowLeft') done((branch?.parent ?? rest)?.item && activate((branch?.parent ?? rest).path));
    else if (event.key === 'Enter' && rest) done(more(rest));
    else if ((event.key === 'Enter' || event.key === ' ') && branch) done(choose ? choose(branch.item) : toggle(branch));
  };

  if (current.root.failure) return <Failed failure={current.root.failure} again={() => more(current.root)} />;
  if (current.root.branches === undefined) return <Loading />;
  if (current.root.branches.length === 0) return empty ?? <Empty title="Nothing here." />;
  return (
    <ul class="tree" role="tree" aria-label={label} ref={element} onKeyDown={press}>
      {lines.map(({ path, branch, more: rest, left, failed }, number) => {
        const own = { key: path, role: 'treeitem', tabIndex: number === at ? 0 : -1, onFocus: () => (current.active = path) };
        const level = (branch?.level ?? (rest ?? failed ?? lines[number].pending).level + 1);
        const style = { '--level': level - 1 };
        if (branch === undefined) {
          return (
            <li {...own} class="line rest" style={style} aria-level={level} onClick={rest || failed ? () => more(rest ?? failed) : undefined}>
              {rest && <span class="link">{Number.isFinite(left) && rest.total > rest.branches.length + 1 ? `${grouped(Math.min(left, WINDOW))} more of ${grouped(rest.total)}` : 'more'}</span>}
              {failed && <span class="bad">{failed.failure.message} – try again</span>}
              {!rest && !failed && <span class="soft">loading …</span>}
            </li>
          );
        }
        const opens = canOpen(branch.item);
        const chosen = isChosen?.(branch.item) ?? false;
        return (
          <li
            {...own}
            class={`line${chosen ? ' chosen' : ''}${choose ? ' can-choose' : ''}`}
            style={style}
            aria-level={level}
            aria-expanded={opens ? branch.open : undefined}
            aria-selected={choose ? chosen : undefined}
            onClick={() => {
              activate(path, false);
              if (choose) choose(branch.item);
              else toggle(branch);
            }}
          >
            <span
              class={`twist${opens ? '' : ' none'}`}
              aria-hidden="true"
              onClick={(event) => {
                event.stopPropagation();
                toggle(branch);
              }}
            >
              {opens && <Icon name={branch.open ? 'down' : 'right'} />}
            </span>
            {draw(branch.item)}
          </li>
        );
      })}
    </ul>
  );
}

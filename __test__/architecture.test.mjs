// What docs/architecture.md promises of the source tree.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter(Boolean);
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const rust = files.filter((file) => file.endsWith('.rs'));

/** A room imports only those before it. */
const rooms = ['snapshot', 'graph', 'analysis', 'causes', 'report', 'binding'];
const roomOf = (file) => rooms.find((room) => file.startsWith(`src/${room}/`) || file === `src/${room}.rs`);

/** The part of a file that ships: without its comments and its tests. */
function shipped(source) {
  const tests = source.search(/^#\[cfg\((all\()?test/m);
  return (tests === -1 ? source : source.slice(0, tests)).replace(/\/\/.*$/gm, '');
}

test('the tree is there', () => {
  for (const room of rooms)
    assert.ok(
      rust.some((file) => roomOf(file) === room),
      room,
    );
});

test('a room imports only rooms before it', () => {
  const wrong = [];
  for (const file of rust.filter(roomOf)) {
    for (const [, name] of shipped(read(file)).matchAll(/\bcrate::\{?\s*(\w+)/g)) {
      if (rooms.indexOf(name) > rooms.indexOf(roomOf(file)) || name === 'testing')
        wrong.push(`${file} imports ${name}`);
    }
    for (const [list] of shipped(read(file)).matchAll(/\bcrate::\{[^;]*\}/g)) {
      for (const name of rooms) {
        const listed = new RegExp(`[{,]\\s*${name}\\b`).test(list);
        if (listed && rooms.indexOf(name) > rooms.indexOf(roomOf(file))) wrong.push(`${file} imports ${name}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('what every room may use imports no room', () => {
  for (const file of ['src/error.rs', 'src/cancel.rs', 'src/known.rs', 'src/progress.rs']) {
    const named = rooms.filter((room) => new RegExp(`crate::\\{?\\s*${room}\\b`).test(shipped(read(file))));
    assert.deepEqual(named, [], file);
  }
});

test('causes do not know each other', () => {
  const causes = rust
    .filter((file) => file.startsWith('src/causes/') && /\bimpl Cause for\b/.test(shipped(read(file))))
    .map((file) => file.split('/')[2].replace('.rs', ''));
  assert.ok(causes.length >= 2);
  for (const file of rust.filter((it) => it.startsWith('src/causes/') && it !== 'src/causes/mod.rs')) {
    const own = file.split('/')[2].replace('.rs', '');
    for (const other of causes.filter((cause) => cause !== own)) {
      assert.doesNotMatch(shipped(read(file)), new RegExp(`(causes|super)::${other}\\b`), `${file} uses ${other}`);
    }
  }
});

test('only the binding names Node-API', () => {
  const wrong = rust.filter(
    (file) =>
      file.startsWith('src/') &&
      roomOf(file) !== 'binding' &&
      /\bnapi\w*(::|!|\b\s*=)|#\[napi/.test(shipped(read(file))),
  );
  assert.deepEqual(wrong, []);
});

test('every Rust file opens with what it is for', () => {
  assert.deepEqual(
    rust.filter((file) => !read(file).startsWith('//!')),
    [],
  );
});

test('the files of lib are type-checked', () => {
  const sources = files.filter((file) => /^(lib\/.*|bin\/.*|index|native)\.js$/.test(file));
  assert.ok(sources.length > 3);
  assert.deepEqual(
    sources.filter((file) => !/^(#!.*\n)?\/\/ @ts-check\n/.test(read(file))),
    [],
  );
});

test("no file names a place on somebody's machine", () => {
  const homes = ['work', 'root', 'mnt', 'tmp'].join('|');
  const place = new RegExp(`(?<![\\w.:/~*-])/(${homes})/[\\w.]`);
  const text = files.filter((file) => /\.(rs|[cm]?[jt]sx?|md|json|toml|ya?ml|sh|html|css|lock)$|\/run$/.test(file));
  const wrong = text.flatMap((file) => {
    return read(file)
      .split('\n')
      .flatMap((line, i) => (place.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 100)}`] : []));
  });
  assert.deepEqual(wrong, []);
});

test('lock files name no registry', () => {
  const locks = files.filter((file) => file.endsWith('package-lock.json'));
  assert.ok(locks.length >= 3);
  for (const file of locks) assert.doesNotMatch(read(file), /"resolved"/, file);
});

test('nothing is skipped, and nothing singled out', () => {
  const marks = {
    rs: /#\[ignore|\btodo!|\bunimplemented!/,
    js: new RegExp('\\b(test|it|describe|suite|context|t)\\.(skip|only|todo)\\(|\\b(skip|only|todo): *(true|[\'"`])'),
  };
  const wrong = files.filter((file) => {
    const language = file.endsWith('.rs') ? 'rs' : /\.[cm]?[jt]s$/.test(file) ? 'js' : undefined;
    return language !== undefined && marks[language].test(read(file));
  });
  assert.deepEqual(wrong, []);
});

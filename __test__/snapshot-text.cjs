'use strict';
// Writes the text of heap snapshots from a description of a heap, in the dialects that V8 lines and other producers speak.

const NODE_TYPES = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
  'concatenated string',
  'sliced string',
  'symbol',
  'bigint',
  'object shape',
];
const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'];

/**
 * The raw number of an edge type; `invisible` is the first number after those the file lists.
 * @param {string[]} types
 * @param {string} type
 */
function edgeTypeNumber(types, type) {
  return type === 'invisible' ? types.length : types.indexOf(type);
}

/**
 * The columns and strings of a heap, as the file's number arrays.
 *
 * A heap is `{ nodes, extraNativeBytes? }`; a node is
 * `{ type, name, id, size, detachedness?, locations?: [script, line, column][], edges: { type, name, to }[] }`, where
 * `name` of an `element` or `hidden` edge is a number and `to` is the position of a node.
 *
 * @param {object} heap
 * @param {object} [dialect] `nodeFields`, `edgeFields`, `nodeTypes`, `edgeTypes`: order as the file should have it;
 *   `repeatStrings`: a function that says whether the next string gets a second entry in the table
 */
function tables(heap, dialect = {}) {
  const nodeFields = dialect.nodeFields ?? ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'];
  const edgeFields = dialect.edgeFields ?? ['type', 'name_or_index', 'to_node'];
  const nodeTypes = dialect.nodeTypes ?? NODE_TYPES;
  const edgeTypes = dialect.edgeTypes ?? EDGE_TYPES;
  const strings = ['<dummy>'];
  const known = new Map();
  const intern = (text) => {
    let at = known.get(text);
    if (at === undefined || dialect.repeatStrings?.()) {
      at = strings.push(text) - 1;
      known.set(text, at);
    }
    return at;
  };

  const nodes = [];
  const edges = [];
  const locations = [];
  heap.nodes.forEach((node, position) => {
    const record = {
      type: nodeTypes.indexOf(node.type),
      name: intern(node.name),
      id: node.id,
      self_size: node.size,
      edge_count: node.edges.length,
      trace_node_id: 0,
      detachedness: node.detachedness ?? 0,
    };
    for (const field of nodeFields) nodes.push(record[field]);
    for (const edge of node.edges) {
      const numbered = edge.type === 'element' || edge.type === 'hidden';
      const record = {
        type: edgeTypeNumber(edgeTypes, edge.type),
        name_or_index: numbered ? edge.name : intern(edge.name),
        to_node: edge.to * nodeFields.length,
      };
      for (const field of edgeFields) edges.push(record[field]);
    }
    for (const location of node.locations ?? []) locations.push(position * nodeFields.length, ...location);
  });

  const meta = {
    node_fields: nodeFields,
    node_types: nodeFields.map((field) => (field === 'type' ? nodeTypes : field === 'name' ? 'string' : 'number')),
    edge_fields: edgeFields,
    edge_types: edgeFields.map((field) => {
      return field === 'type' ? edgeTypes : field === 'name_or_index' ? 'string_or_number' : 'node';
    }),
    trace_function_info_fields: ['function_id', 'name', 'script_name', 'script_id', 'line', 'column'],
    trace_node_fields: ['id', 'function_info_index', 'count', 'size', 'children'],
    sample_fields: ['timestamp_us', 'last_assigned_id'],
    location_fields: ['object_index', 'script_id', 'line', 'column'],
  };
  const snapshot = {
    meta,
    node_count: heap.nodes.length,
    edge_count: edges.length / edgeFields.length,
    trace_function_count: 0,
  };
  if (heap.extraNativeBytes !== undefined) snapshot.extra_native_bytes = heap.extraNativeBytes;
  return {
    snapshot,
    nodes,
    edges,
    trace_function_infos: [],
    trace_tree: [],
    samples: heap.samples ?? [],
    locations,
    strings,
  };
}

/**
 * The file's text for such tables: one key per section, in the order of the object.
 * @param {object} sections
 * @param {object} [dialect] `recordLines`: a newline after each record, as V8 up to 12 writes; `ascii`: no raw character
 *   above 0x7F, as all V8 write; `space`: whitespace between tokens and `colon`: after keys, as other producers write
 * @returns {Buffer}
 */
function text(sections, dialect = {}) {
  const space = dialect.space ?? '';
  const widths = {
    nodes: sections.snapshot?.meta?.node_fields?.length,
    edges: sections.snapshot?.meta?.edge_fields?.length,
  };
  const numbers = (values, width) => {
    if (!dialect.recordLines || !width) return `[${space}${values.join(`,${space}`)}${space}]`;
    let out = '[';
    for (let i = 0; i < values.length; i += width) out += `${i ? ',' : ''}${values.slice(i, i + width).join(',')}\n`;
    return out + ']';
  };
  const value = (key) => {
    const section = sections[key];
    if (key === 'strings')
      return `[${section.map((s) => quote(s, dialect.ascii)).join(`,${dialect.recordLines ? '\n' : space}`)}]`;
    if (Array.isArray(section) && section.every(Number.isInteger)) return numbers(section, widths[key]);
    return JSON.stringify(section, null, space && 1);
  };
  const body = Object.keys(sections).map((key) => `"${key}"${dialect.colon ?? ':'}${value(key)}`);
  return Buffer.from(`{${space}${body.join(`,${space}\n`)}${space}}${dialect.recordLines ? '\n' : ''}`);
}

function quote(string, ascii) {
  const json = JSON.stringify(string);
  if (!ascii) return json;
  return json.replace(
    /[\u0080-\uffff]/g,
    (unit) => '\\u' + unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0'),
  );
}

/** The whole way: description to file. */
function write(heap, dialect = {}) {
  const sections = tables(heap, dialect);
  return text(dialect.sections ? dialect.sections(sections) : sections, dialect);
}

module.exports = { NODE_TYPES, EDGE_TYPES, tables, text, write };

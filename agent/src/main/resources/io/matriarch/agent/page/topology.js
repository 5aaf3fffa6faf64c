// Who streams from whom, as a tree: the leader on top, or on the left edge of a narrow page.
import { $, words } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const BOX = { width: 186, height: 54 };
const WIDE = 460;

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Depth first, so that a subtree stays together. A circle of replicatefrom tags has no root; its members become roots.
function order(members) {
  const names = new Set(members.map(m => m.name));
  const children = new Map();
  for (const m of members) {
    const parent = names.has(m.follows) ? m.follows : null;
    children.set(parent, [...(children.get(parent) || []), m]);
  }
  const placed = new Map();
  const visit = (m, depth) => {
    if (placed.has(m.name)) return;
    placed.set(m.name, { member: m, depth });
    for (const child of children.get(m.name) || []) visit(child, depth + 1);
  };
  for (const m of children.get(null) || []) visit(m, 0);
  for (const m of members) visit(m, 0);
  return [...placed.values()];
}

function place(nodes, wide) {
  if (!wide) {
    nodes.forEach((node, row) => { node.x = node.depth * 26; node.y = row * (BOX.height + 16); });
    return;
  }
  const gap = 18;
  const levels = new Map();
  for (const node of nodes) levels.set(node.depth, [...(levels.get(node.depth) || []), node]);
  const widest = Math.max(...[...levels.values()].map(level => level.length));
  for (const [depth, level] of levels) {
    const indent = (widest - level.length) * (BOX.width + gap) / 2;
    level.forEach((node, i) => { node.x = indent + i * (BOX.width + gap); node.y = depth * (BOX.height + 62); });
  }
}

function edge(from, to, wide) {
  const path = wide
    ? `M${from.x + BOX.width / 2} ${from.y + BOX.height} C${from.x + BOX.width / 2} ${from.y + BOX.height + 34}, ${to.x + BOX.width / 2} ${to.y - 34}, ${to.x + BOX.width / 2} ${to.y - 7}`
    : `M${from.x + 12} ${from.y + BOX.height} V${to.y + BOX.height / 2} H${to.x - 7}`;
  const kind = to.member.state !== 'streaming' ? 'broken' : to.member.role.endsWith('sync_standby') || to.member.role === 'quorum_standby' ? 'sync' : '';
  return svg('path', { d: path, class: kind, 'marker-end': 'url(#arrow)' });
}

function box(node) {
  const m = node.member;
  const down = !['running', 'streaming', 'in archive recovery'].includes(m.state);
  const level = down ? 'bad' : m.role.endsWith('leader') ? 'leader' : m.state === 'streaming' ? '' : 'warn';
  const label = (tag, y, text) => {
    const t = svg('text', { x: 12, y, class: tag });
    t.textContent = text;
    return t;
  };
  return svg('g', { class: level, transform: `translate(${node.x} ${node.y})` },
    svg('rect', { width: BOX.width, height: BOX.height, rx: 8 }),
    label('', 23, m.name),
    label('what', 42, `${words(m.role)}, ${m.state}`));
}

function description(members) {
  return members.map(m => m.follows
    ? `${m.name} ${m.state === 'streaming' ? 'streams' : 'should stream'} from ${m.follows}, ${words(m.role)}, ${m.state}`
    : `${m.name}, ${words(m.role)}, ${m.state}`).join('. ') + '.';
}

let drawn = '';

export function drawTopology(cluster) {
  const parent = $('picture');
  const wide = parent.clientWidth >= WIDE || cluster.members.length < 3;
  const key = JSON.stringify([wide, cluster.members.map(m => [m.name, m.role, m.state, m.follows])]);
  if (key === drawn) return;
  drawn = key;
  const nodes = order(cluster.members);
  if (!nodes.length) {
    parent.replaceChildren();
    return;
  }
  place(nodes, wide);
  const byName = new Map(nodes.map(node => [node.member.name, node]));
  const width = Math.max(...nodes.map(n => n.x)) + BOX.width + 4;
  const height = Math.max(...nodes.map(n => n.y)) + BOX.height + 4;
  const arrow = svg('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 5, refY: 4, markerWidth: 9, markerHeight: 9, orient: 'auto', markerUnits: 'userSpaceOnUse' },
    svg('path', { d: 'M0 0 L8 4 L0 8 z' }));
  const picture = svg('svg', { viewBox: `-2 -2 ${width} ${height}`, role: 'img', 'aria-label': description(cluster.members) },
    svg('defs', {}, arrow),
    ...nodes.filter(n => byName.has(n.member.follows)).map(n => edge(byName.get(n.member.follows), n, wide)),
    ...nodes.map(box));
  picture.style.maxWidth = width * 1.25 + 'px';
  parent.replaceChildren(picture);
}

// Lag and writes of the last hours. uPlot draws; what it shows is also said in words below.
import { $, setText, bytes, duration } from './dom.js';

const HEIGHT = 190;
const POWERS = Array.from({ length: 53 }, (_, i) => 2 ** i);
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
let data = null;
let charts = [];
let shape = '';

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function rates(d) {
  return d.position.map((p, i) => {
    const before = i ? d.position[i - 1] : null;
    return p === null || before === null || p < before ? null : (p - before) / (d.seconds[i] - d.seconds[i - 1]);
  });
}

function axes(format) {
  const look = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 } };
  return [{ ...look }, { ...look, size: 74, incrs: POWERS, values: (_, ticks) => ticks.map(format) }];
}

function options(parent, series, format, draw) {
  return {
    width: Math.max(parent.clientWidth, 200), height: HEIGHT,
    series: [{}, ...series], axes: axes(format), cursor: { drag: { x: true, y: false } },
    scales: { y: { range: (_, low, high) => [0, Math.max(high || 0, 1024)] } },
    hooks: draw ? { drawClear: [draw] } : {},
  };
}

// Behind the curve: when nobody took writes.
function shadeOutages(u) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = colour('--bad');
  ctx.globalAlpha = 0.3;
  data.seconds.forEach((at, i) => {
    if (data.writable[i] !== 0) return;
    const left = Math.max(u.valToPos(i ? data.seconds[i - 1] : at - 10, 'x', true), bbox.left);
    const right = u.valToPos(at, 'x', true);
    if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  });
  ctx.restore();
}

const lagColumns = () => [data.seconds, ...Object.values(data.lag)];
const writeColumns = () => [data.seconds, rates(data)];

function build() {
  charts.forEach(chart => chart.destroy());
  const names = Object.keys(data.lag);
  shape = names.join('\n');
  const lines = names.map((label, i) => ({
    label, stroke: colour(`--c${i % 8}`), width: 2, dash: DASHES[Math.floor(i / 2) % DASHES.length], spanGaps: false,
    value: (_, v) => v == null ? '–' : bytes(v),
  }));
  const rate = { label: 'WAL per second', stroke: colour('--c0'), width: 2, value: (_, v) => v == null ? '–' : bytes(Math.round(v)) };
  const lag = $('lag-chart');
  const writes = $('writes-chart');
  charts = [
    new uPlot(options(lag, lines, bytes), lagColumns(), lag),
    new uPlot(options(writes, [rate], v => bytes(v) + '/s', shadeOutages), writeColumns(), writes),
  ];
}

function say() {
  if (!data.seconds.length) {
    setText($('lag-words'), 'The first sample comes ten seconds after the start of the agent.');
    setText($('writes-words'), '');
    return;
  }
  const span = duration((data.seconds.at(-1) - data.seconds[0]) * 1000);
  const peaks = Object.entries(data.lag).map(([name, lags]) => `${name} ${bytes(Math.max(0, ...lags))}`);
  setText($('lag-words'), `Highest published lag in ${span}: ${peaks.join(', ') || 'none known'}.`);
  const known = data.writable.filter(w => w !== null);
  const taken = known.filter(w => w === 1).length;
  const share = known.length ? (100 * taken / known.length).toFixed(taken === known.length ? 0 : 1) : 0;
  setText($('writes-words'), `A running leader in ${share} % of ${known.length} looks, one each ten seconds; red: none. Unknown while the store was away.`);
}

function draw() {
  if (!data || typeof uPlot === 'undefined') return;
  say();
  if (!data.seconds.length) return;
  if (!charts.length || shape !== Object.keys(data.lag).join('\n')) build();
  else {
    charts[0].setData(lagColumns());
    charts[1].setData(writeColumns());
  }
}

export function setCurves(all) {
  data = all;
  draw();
}

export function addSample(one) {
  if (!data) return;
  const before = data.seconds.length;
  for (const column of ['seconds', 'position', 'writable']) data[column].push(...one[column]);
  for (const [name, lags] of Object.entries(one.lag)) {
    data.lag[name] ??= Array(before).fill(null);
    data.lag[name].push(...lags);
  }
  for (const lags of Object.values(data.lag)) {
    while (lags.length < data.seconds.length) lags.push(null);
  }
  while (data.seconds.length > data.limit) {
    for (const column of [data.seconds, data.position, data.writable, ...Object.values(data.lag)]) column.shift();
  }
  draw();
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { if (charts.length) build(); });
new ResizeObserver(() => charts.forEach((chart, i) => {
  const parent = $(i ? 'writes-chart' : 'lag-chart');
  if (parent.clientWidth !== chart.width) chart.setSize({ width: Math.max(parent.clientWidth, 200), height: HEIGHT });
})).observe($('lag-chart'));

// What happened, newest first; the reasons of a decision open in place.
import { $, element, setText, setClass, reconcile, clock } from './dom.js';

const SHOWN = 25;
const LEVELS = { leader: 'ok', outage: 'bad', agent: '', decision: '', refusal: 'warn', request: 'warn', config: '', store: 'warn', member: '' };
const happenings = new Map();
let all = false;

function item(h) {
  const line = [element('time'), element('span', { class: 'badge ' + LEVELS[h.kind], text: h.kind }), element('span')];
  if (!h.rule && !h.reasons) return element('li', {}, element('div', { class: 'plain' }, ...line));
  const why = [h.rule, ...(h.reasons || [])].filter(Boolean).map(text => element('li', { text }));
  return element('li', {}, element('details', {}, element('summary', {}, ...line), element('ul', {}, ...why)));
}

function update(node, h) {
  const [time, , text] = (node.querySelector('summary') || node.firstElementChild).children;
  setText(time, clock(h.at));
  time.setAttribute('datetime', new Date(h.at).toISOString());
  const said = h.kind === 'decision' || h.kind === 'refusal' ? `${h.subject}: ${h.text}` : h.text;
  setText(text, said + (h.times ? ` (${h.times} times, last at ${clock(h.last)})` : ''));
}

function draw() {
  const newest = [...happenings.values()].sort((a, b) => b.key - a.key);
  reconcile($('happenings'), all ? newest : newest.slice(0, SHOWN), h => h.key + '@' + h.at, item, update); // keys start anew with the agent
  $('more').hidden = all || newest.length <= SHOWN;
  setText($('more'), `Show all ${newest.length}`);
}

export function addPast(past) {
  if (past.complete) happenings.clear();
  for (const h of past.happenings) happenings.set(h.key, h);
  draw();
}

$('more').addEventListener('click', () => {
  all = true;
  draw();
  $('happenings').querySelectorAll('summary')[SHOWN]?.focus();
});

export function drawTimelines(timelines) {
  $('timelines').hidden = !timelines.length;
  reconcile($('timeline-rows'), [...timelines].reverse(), t => t.timeline + t.from,
    () => element('li'),
    (node, t) => {
      setText(node, `Timeline ${t.timeline} from ${t.from}` + (t.leader ? `, led by ${t.leader}` : '')
        + (t.at ? `, since ${clock(Date.parse(t.at))}` : '') + ` (${t.reason})`);
      setClass(node, '');
    });
}

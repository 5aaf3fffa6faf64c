// The present: headline, alerts, members, lease, forecast, slots. All judgements come from the agent; here they are shown.
import { $, element, setText, setClass, reconcile, bytes, duration, clock, words } from './dom.js';

const isUp = member => member.state === 'running' || member.state === 'streaming' || member.state === 'in archive recovery';
const follower = member => member.role !== 'leader';

function lag(member) {
  if (member.lag === undefined) return '';
  if (member.lag === 'unknown') return 'unknown';
  const seconds = member.lag > 0 && member.lag_seconds !== undefined ? ', about ' + duration(member.lag_seconds * 1000) : '';
  return bytes(member.lag) + seconds;
}

function notes(member) {
  const found = [];
  if (member.pending_restart) {
    const why = Object.entries(member.pending_restart_reason || {})
      .map(([name, v]) => `${name} ${v.old_value} → ${v.new_value}`);
    found.push('waits for a restart' + (why.length ? ': ' + why.join(', ') : ''));
  }
  if (member.scheduled_restart) found.push('restart scheduled at ' + member.scheduled_restart.schedule);
  for (const [name, value] of Object.entries(member.tags || {})) found.push(`${name}: ${text(value)}`);
  return found.join('; ');
}

const text = value => typeof value === 'object' ? JSON.stringify(value) : String(value);

// ---- headline and alerts ---------------------------------------------------------------------------------------------

function headline(cluster) {
  const leader = cluster.members.find(m => m.name === cluster.lease.holder);
  const followers = cluster.members.filter(m => m !== leader);
  const well = followers.filter(m => m.state === 'streaming').length;
  const tail = followers.length === 0 ? 'no other members'
    : well === followers.length ? (well === 1 ? 'the other one streams' : `all ${well} others stream`) : `${well} of ${followers.length} others stream`;
  if (!leader) return [cluster.members.length ? 'No leader: nobody takes writes' : 'No members yet', 'bad'];
  if (!isUp(leader)) return [`${leader.name} has the lease, its PostgreSQL is ${leader.state}`, 'bad'];
  if (!cluster.store.answers && !cluster.modes.failsafe_active) {
    return [`${leader.name} led when the store was read last, on timeline ${leader.timeline}`, 'warn'];
  }
  return [`${leader.name} leads on timeline ${leader.timeline}; ${tail}`, well === followers.length ? 'ok' : 'warn'];
}

function alerts(page) {
  const cluster = page.cluster;
  const found = [];
  if (!cluster) return page.state === 'lost' ? [{ key: 'lost', level: 'bad', text: 'This agent does not answer.' }] : found;
  const age = cluster.store.age_ms === undefined ? undefined : cluster.store.age_ms + performance.now() - page.heardAt;
  if (page.state === 'lost') {
    found.push({
      key: 'lost', level: 'bad',
      text: `The agent of ${cluster.name} does not answer since ${clock(page.since)}. What you see is what it knew then. Ask another one:`,
      links: cluster.members.filter(m => m.name !== cluster.name && m.page),
    });
  } else if (page.state === 'sleeping') {
    found.push({ key: 'sleeping', level: 'warn', text: 'Not looked at for five minutes: the stream is closed.' });
  }
  if (!cluster.store.answers) {
    found.push({
      key: 'store', level: 'bad',
      text: 'The store cannot be read from here. ' + (age === undefined ? 'It never could.' : `This picture is ${duration(age)} old.`),
    });
  }
  if (cluster.store.answers && !cluster.lease.holder && cluster.members.length) {
    found.push({ key: 'leader', level: 'bad', text: 'There is no leader.' });
  }
  if (cluster.modes.pause) {
    found.push({ key: 'pause', level: 'warn', text: 'The cluster is paused: nobody takes over by itself.' });
  }
  if (cluster.modes.failsafe_active) {
    found.push({ key: 'failsafe', level: 'warn', text: 'Failsafe mode is active: the leader goes on without the store as long as all members agree.' });
  }
  if (cluster.modes.watchdog_failed) {
    found.push({ key: 'watchdog', level: 'warn', text: `The watchdog of ${cluster.name} cannot be used.` });
  }
  if (cluster.request) {
    const r = cluster.request;
    found.push({
      key: 'request', level: 'warn',
      text: `A ${r.action} is asked for` + (r.from ? ` from ${r.from}` : '') + (r.to ? ` to ${r.to}` : '') + (r.at ? ` at ${r.at}` : '') + '.',
    });
  }
  return found;
}

function drawAlerts(page) {
  reconcile($('alerts'), alerts(page), a => a.key,
    () => element('p', {}, element('span'), ' ', element('span')),
    (node, alert) => {
      setClass(node, 'alert ' + alert.level);
      setText(node.firstElementChild, alert.text);
      reconcile(node.lastElementChild, alert.links || [], m => m.name,
        m => element('a', { href: m.page, text: m.name }), (a, m) => a.setAttribute('href', m.page));
    });
}

// ---- members ---------------------------------------------------------------------------------------------------------

const COLUMNS = ['role', 'state', 'timeline', 'lag', 'server', 'notes'];
const LABELS = ['Role', 'State', 'Timeline', 'Lag', 'Server', 'Notes'];

function memberRow() {
  const name = element('th', { scope: 'row', role: 'rowheader' }, element('a'), ' ', element('span', { class: 'here' }));
  const cells = COLUMNS.map((_, i) => element('td', { role: 'cell', 'data-label': LABELS[i] }, ...(i < 2 ? [element('span')] : [])));
  return element('tr', { role: 'row' }, name, ...cells);
}

function drawMembers(cluster) {
  reconcile($('member-rows'), cluster.members, m => m.name, memberRow, (row, m) => {
    const [name, role, state, timeline, distance, server, remarks] = row.children;
    setText(name.children[0], m.name);
    const here = m.name === cluster.name;
    setText(name.children[1], here ? '(this agent)' : '');
    if (!here && m.page) name.children[0].setAttribute('href', m.page);
    else name.children[0].removeAttribute('href');
    setText(role.firstChild, words(m.role));
    setClass(role.firstChild, 'badge' + (m.role === 'replica' ? '' : ' ok'));
    setText(state.firstChild, m.state);
    setClass(state.firstChild, !isUp(m) ? 'bad' : follower(m) && m.state !== 'streaming' ? 'warn' : '');
    setText(timeline, m.timeline === undefined ? '' : String(m.timeline));
    setText(distance, lag(m));
    setText(server, m.host ? `${m.host}:${m.port}` : '');
    setText(remarks, notes(m));
  });
}

// ---- lease, modes, forecast, slots -------------------------------------------------------------------------------------

// Voters without PostgreSQL are not among the members: they only count.
function store(cluster) {
  const { kind, voters } = cluster.store;
  const names = new Set(cluster.members.map(m => m.name));
  return voters ? `${kind}: ${voters.map(v => names.has(v) ? v : v + ' (witness)').join(', ')}` : kind;
}

function disk(d) {
  const share = d.free_bytes / d.size_bytes;
  const level = share < 0.05 ? 'bad' : share < 0.15 ? 'warn' : '';
  const silent = d.age_ms > 60000 ? `; it has not answered for ${duration(d.age_ms)}` : '';
  return [`Disk of ${d.holds} here`, `${bytes(d.free_bytes)} of ${bytes(d.size_bytes)} free${silent}`, silent ? 'bad' : level];
}

function modes(cluster) {
  const m = cluster.modes;
  const standbys = m.synchronous_standbys.join(', ') || 'none';
  return [
    ['Automatic failover', m.pause ? 'paused' : 'on', m.pause ? 'warn' : 'ok'],
    ['Synchronous', m.synchronous_mode === 'off' ? 'off'
      : m.synchronous_mode === 'quorum' ? `quorum ${m.quorum} of ${standbys}` : standbys, ''],
    ['Failsafe mode', m.failsafe_active ? 'active now' : m.failsafe_mode ? 'ready' : 'off', m.failsafe_active ? 'warn' : ''],
    ['Cycle, lease', `${cluster.loop.loop_wait} s, ${cluster.loop.ttl} s`, ''],
    ...(cluster.store.kind ? [['Store', store(cluster), '']] : []),
    ...cluster.disks.map(disk),
    ...(m.standby_cluster ? [['Standby cluster', 'follows a server outside', '']] : []),
  ];
}

function drawModes(cluster) {
  const pairs = modes(cluster).flatMap(([name, value, level]) => [{ tag: 'dt', name, value: name, level: '' }, { tag: 'dd', name, value, level }]);
  reconcile($('modes'), pairs, p => p.tag + p.name, p => element(p.tag), (node, p) => {
    setText(node, p.value);
    setClass(node, p.level);
  });
}

function drawOutlook(cluster) {
  const outlook = cluster.if_the_leader_dies;
  setText($('outlook-title'), cluster.lease.holder ? `If ${cluster.lease.holder} dies now` : 'Who may take over now');
  setText($('outlook-summary'), outlook.summary);
  setClass($('outlook-summary'), outlook.takers.length ? '' : cluster.modes.pause ? 'warn' : 'bad');
  reconcile($('outlook-members'), outlook.members, m => m.name,
    () => element('li', {}, element('details', {}, element('summary', {}, element('strong'), ' ', element('span')), element('ul'))),
    (item, m) => {
      const [summary, why] = item.firstChild.children;
      setText(summary.children[0], m.name);
      setText(summary.children[1], m.takes_over ? 'asks for the lease' : 'does not take over');
      setClass(summary.children[1], m.takes_over ? 'ok' : 'warn');
      const lines = [m.rule, ...m.reasons, ...(m.result ? [`Its cycle would end: “${m.result}”`] : [])];
      reconcile(why, lines, line => line, line => element('li', { text: line }), () => {});
    });
}

function drawSlots(cluster) {
  $('no-slots').hidden = cluster.slots.length > 0;
  $('slot-rows').parentElement.hidden = cluster.slots.length === 0;
  const labels = ['Kind', 'In use', 'WAL held back', 'Safe for'];
  reconcile($('slot-rows'), cluster.slots, s => s.name,
    s => element('tr', { role: 'row' }, element('th', { scope: 'row', role: 'rowheader', text: s.name }),
      ...labels.map(label => element('td', { role: 'cell', 'data-label': label }))),
    (row, s) => {
      const [, kind, used, held, safe] = row.children;
      setText(kind, s.type);
      setText(used, s.active ? 'yes' : 'no');
      setClass(used, s.active ? '' : 'warn');
      setText(held, (s.held_bytes === undefined ? '' : bytes(s.held_bytes)) + (s.wal_status && s.wal_status !== 'reserved' ? ` (${s.wal_status})` : ''));
      setClass(held, s.wal_status === 'lost' || s.wal_status === 'unreserved' ? 'bad' : '');
      setText(safe, s.safe_bytes === undefined ? (s.wal_status === 'lost' ? 'lost' : 'no limit')
        : bytes(s.safe_bytes) + ' more' + (s.lost_in_ms === undefined ? '' : `, about ${duration(s.lost_in_ms)} at the present rate`));
      setClass(safe, s.lost_in_ms === undefined ? '' : s.lost_in_ms < 3600000 ? 'bad' : s.lost_in_ms < 86400000 ? 'warn' : '');
    });
}

export function drawNow(page) {
  const cluster = page.cluster;
  setText($('scope'), cluster.scope);
  setText($('agent'), cluster.name);
  drawMembers(cluster);
  drawModes(cluster);
  drawOutlook(cluster);
  drawSlots(cluster);
}

// ---- what moves ------------------------------------------------------------------------------------------------------

function drawLease(page, passed) {
  const lease = page.cluster.lease;
  const meter = $('lease-meter');
  meter.hidden = !lease.mine || page.state === 'lost';
  if (page.state === 'lost') {
    setText($('lease-text'), lease.holder ? `${lease.holder} had it when this agent was heard last.` : 'Nobody had it when this agent was heard last.');
  } else if (lease.mine) {
    const left = lease.left_ms - passed;
    setText($('lease-text'), left > 0
      ? `${lease.holder || page.cluster.name} has it for another ${duration(left)} of ${duration(lease.ttl_ms)}, unless it is renewed.`
      : `It ended ${duration(-left)} ago: this agent does not lead any more.`);
    meter.max = lease.ttl_ms;
    meter.low = lease.ttl_ms / 3;
    meter.optimum = lease.ttl_ms;
    meter.value = Math.max(0, left);
  } else {
    setText($('lease-text'), lease.holder
      ? `${lease.holder} has it. Without renewal it ends within ${duration(lease.ttl_ms)}; the exact margin is known to ${lease.holder} only.`
      : 'Nobody has it.');
  }
}

export function drawClock(page) {
  const cluster = page.cluster;
  const passed = performance.now() - page.heardAt;
  setText($('connection'), { live: 'live', lost: 'agent lost', sleeping: 'asleep', connecting: 'connecting' }[page.state]);
  setClass($('connection'), 'badge ' + ({ live: 'ok', lost: 'bad', sleeping: 'warn' }[page.state] || ''));
  drawAlerts(page);
  if (!cluster) return;
  const [sentence, level] = page.state === 'lost' ? [`The agent of ${cluster.name} does not answer`, 'bad'] : headline(cluster);
  setText($('headline'), sentence);
  setClass($('headline'), level);
  document.title = ({ ok: '✓ ', warn: '! ', bad: '✗ ' }[level]) + cluster.scope + ': ' + sentence;
  setText($('as-of'), `as ${cluster.name} saw it at ${clock(cluster.now)}`);
  setText($('result'), cluster.loop.result);
  const late = passed - cluster.loop.due_in_ms - cluster.loop.loop_wait * 1000;
  setText($('overdue'), page.state === 'live' && late > 0 ? `The next one is late by ${duration(late)}.` : '');
  drawLease(page, passed);
}

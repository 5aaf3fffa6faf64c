// Helpers around the document, and how numbers and times read. Text always goes in as text: members name themselves, and
// a name is not markup.

export const $ = id => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'class') node.className = value;
    else if (name === 'text') node.textContent = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Only what changed is touched: a screen reader stays quiet, a selection and the focus stay.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, name) {
  if (node.className !== name) node.className = name;
}

// One child for each item, in this order; children of items that are still there are kept.
export function reconcile(parent, items, key, create, update) {
  const kept = new Map([...parent.children].map(child => [child.dataset.key, child]));
  let at = parent.firstElementChild;
  for (const item of items) {
    const id = String(key(item));
    let child = kept.get(id);
    if (child) kept.delete(id);
    else {
      child = create(item);
      child.dataset.key = id;
    }
    update(child, item);
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
  for (const gone of kept.values()) gone.remove();
}

export function bytes(n) {
  if (n < 1024) return n + ' B';
  let unit = -1;
  do { n /= 1024; unit++; } while (n >= 1024 && unit < 4);
  return (n < 10 ? n.toFixed(1) : Math.round(n)) + ' ' + ['kB', 'MB', 'GB', 'TB', 'PB'][unit];
}

export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return s + ' s';
  if (s < 7200) return Math.round(s / 60) + ' min';
  return s < 172800 ? Math.round(s / 3600) + ' h' : Math.round(s / 86400) + ' days';
}

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function clock(ms) {
  const today = new Date(ms).toDateString() === new Date().toDateString();
  return (today ? CLOCK : DAY).format(ms);
}

export const words = text => text.replaceAll('_', ' ');

// The stream of events of this agent. It comes again by itself; silence for longer than three pulses is a lost agent, as a
// connection to a host without power looks alive.

const SILENCE = 16000;
const AGAIN = 5000;
// A page that nobody looks at gives its place to others: browsers open six connections to one agent, and it serves 128.
const HIDDEN = 5 * 60000;
const EVENTS = ['cluster', 'pulse', 'past', 'curves', 'sample'];

export function listen(onEvent, onState) {
  let source = null;
  let timer = 0;
  let hiddenTimer = 0;

  function heard() {
    clearTimeout(timer);
    timer = setTimeout(() => reconnect('lost'), SILENCE);
  }

  function close() {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  }

  function open() {
    close();
    source = new EventSource('../events');
    source.onerror = () => {
      onState('lost');
      if (source.readyState === EventSource.CLOSED) { // refused: it would not come again by itself
        clearTimeout(timer);
        timer = setTimeout(open, AGAIN);
      }
    };
    for (const name of EVENTS) {
      source.addEventListener(name, event => {
        heard();
        onState('live');
        onEvent(name, JSON.parse(event.data));
      });
    }
    heard();
  }

  function reconnect(state) {
    onState(state);
    open();
  }

  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) {
      hiddenTimer = setTimeout(() => { close(); onState('sleeping'); }, HIDDEN);
    } else if (!source) reconnect('connecting');
  });
  open();
}

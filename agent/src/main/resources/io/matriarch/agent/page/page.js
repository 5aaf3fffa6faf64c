// The page: what arrives is kept and drawn; what counts down is drawn each second from the moment at which it arrived.
import { listen } from './live.js';
import { drawNow, drawClock } from './now.js';
import { drawTopology } from './topology.js';
import { addPast, drawTimelines } from './past.js';
import { setCurves, addSample } from './curves.js';

const page = { state: 'connecting', since: Date.now(), cluster: null, heardAt: 0 };

function onState(state) {
  if (state === page.state) return;
  page.state = state;
  page.since = Date.now();
  drawClock(page);
}

function onEvent(name, data) {
  switch (name) {
    case 'cluster':
      page.cluster = data;
      page.heardAt = performance.now();
      drawNow(page);
      drawTopology(data);
      drawTimelines(data.timelines);
      if (!performance.getEntriesByName('filled').length) performance.mark('filled'); // how long a person waits
      break;
    case 'pulse':
      if (page.cluster) {
        Object.assign(page.cluster, data);
        page.heardAt = performance.now();
      }
      break;
    case 'past':
      addPast(data);
      break;
    case 'curves':
      setCurves(data);
      break;
    case 'sample':
      addSample(data);
      break;
  }
  drawClock(page);
}

listen(onEvent, onState);
setInterval(() => drawClock(page), 1000);

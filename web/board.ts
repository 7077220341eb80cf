import { call, Refused } from './api.ts';
import type { Board } from './board-model.ts';
import { tile } from './board-tile.ts';
import { byId, element } from './element.ts';
import { showUser } from './frame.ts';
import { listen } from './hints.ts';

const pollEvery = 30_000;
/** Two readings missed: what hangs on the wall may no longer be true, and the board must say so. */
const staleAfter = 65_000;

const ward = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const list = element('ul', { class: 'beds', 'aria-label': `Beds of ward ${ward}` });
const asOf = element('p', { class: 'as-of', role: 'status' });
const banner = element('p', { class: 'banner', role: 'alert', hidden: '' });
const changes = element('p', { class: 'visually-hidden', 'aria-live': 'polite' });

let board: Board | undefined;
let etag: string | undefined;
let lastTrue = 0;
let live = false;
let reading = false;
let again = false;

/** Reads the board; while a reading is under way further wishes are folded into one more. */
async function read(): Promise<void> {
  again = reading;
  if (reading) return;
  reading = true;
  try {
    const response = await call(`/boards/${encodeURIComponent(ward)}`, {
      headers: etag === undefined ? {} : { 'if-none-match': etag },
    });
    lastTrue = Date.now();
    if (response.status !== 304) {
      const next: Board = await response.json();
      announce(next);
      board = next;
      etag = response.headers.get('etag') ?? undefined;
      document.documentElement.dataset['version'] = String(next.version);
    }
    show();
  } catch (error) {
    show(error);
  } finally {
    reading = false;
    if (again) void read();
  }
}

function announce(next: Board): void {
  if (board === undefined) return;
  const before = new Map(board.beds.map((bed) => [bed.bed, JSON.stringify(bed)]));
  const changed = next.beds.filter((bed) => before.get(bed.bed) !== JSON.stringify(bed)).map((bed) => bed.bed);
  if (changed.length > 0) changes.textContent = `Changed: bed ${changed.join(', bed ')}`;
}

function show(error?: unknown): void {
  const now = Date.now();
  if (board !== undefined) {
    list.replaceChildren(...board.beds.map((bed) => tile(bed, ward, now)));
    const time = new Date(lastTrue).toLocaleTimeString('en-GB');
    asOf.textContent = `${board.beds.filter((bed) => bed.state === 'occupied').length} of ${board.beds.length} beds · true at ${time} · ${live ? 'live' : 'checking every 30 s'}`;
  }
  const stale = lastTrue > 0 && now - lastTrue > staleAfter;
  document.body.classList.toggle('stale', stale);
  const refused = error instanceof Refused ? error.message : undefined;
  const words =
    refused ??
    (stale
      ? `Not updated since ${new Date(lastTrue).toLocaleTimeString('en-GB')}. What you see may be out of date.`
      : error !== undefined && lastTrue === 0
        ? 'Wardline cannot be reached. Trying again.'
        : undefined);
  banner.hidden = words === undefined;
  banner.textContent = words ?? '';
}

document.title = `Ward ${ward} · Wardline`;
byId('top-note').textContent = '';
byId('main').replaceChildren(
  element('div', { class: 'board-head' }, element('h1', {}, `Ward ${ward}`), asOf),
  banner,
  list,
  changes,
);
showUser();
await read();
showUser();
setInterval(() => void read(), pollEvery);
setInterval(() => show(), 10_000);
void listen(
  ward,
  () => void read(),
  (isLive) => {
    live = isLive;
    show();
  },
);

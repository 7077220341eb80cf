import { news2Response } from '../test/support/news2-response.ts';
import { occupied, readBoard } from '../test/support/ward.ts';
import { sleep, startWardline, type Wardline } from '../test/support/wardline.ts';
import { processorTimes } from './cpu.ts';
import { percentile } from './percentile.ts';

/**
 * `npm run bench chain`: forms at 10 a second for a minute with 20 boards connected, the time from the commit to the
 * screen; then as many forms as go through, and the processor time a form by process.
 */
const rate = 10;
const boards = 20;
const steadySeconds = Number(process.env['BENCH_SECONDS'] ?? 60);
const burstForms = Number(process.env['BENCH_FORMS'] ?? 600);

interface Hint {
  readonly version: number;
  readonly committedAt: string;
}

export async function benchChain(): Promise<void> {
  const wardline = await startWardline();
  try {
    const board = await readBoard(wardline, 'J09');
    const patients = board.beds.flatMap((_, index) => {
      try {
        return [occupied(board, index)];
      } catch {
        return [];
      }
    });
    const delays: number[] = [];
    const sockets = await Promise.all(
      Array.from({ length: boards }, () => watch(wardline, (delay) => delays.push(delay))),
    );
    await fileForms(wardline, patients, rate * 3, rate);
    await sleep(3_000);
    delays.length = 0;
    console.log(`steady: ${rate} forms/s for ${steadySeconds} s, ${boards} boards connected`);
    const steady = await fileForms(wardline, patients, rate * steadySeconds, rate);
    await settle(wardline, steady);
    await sleep(2_000);
    console.table({
      'commit to screen (ms)': summary(delays),
      'request to 202 (ms)': summary(steady.map(({ accepted }) => accepted)),
    });

    const before = processorTimes(wardline.state);
    const began = performance.now();
    const burst = await fileForms(wardline, patients, burstForms, Number.POSITIVE_INFINITY);
    const sent = performance.now();
    await settle(wardline, burst);
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `sustained: ${burstForms} forms sent in ${((sent - began) / 1000).toFixed(1)} s, all filed after ${seconds.toFixed(1)} s`,
    );
    console.log(`fully processed forms a second: ${(burstForms / seconds).toFixed(1)}`);
    const after = processorTimes(wardline.state);
    console.table(
      Object.fromEntries(
        [...after].map(([name, time]) => [
          name,
          { 'CPU ms a form': Number(((time - (before.get(name) ?? 0)) / burstForms).toFixed(2)) },
        ]),
      ),
    );
    for (const socket of sockets) socket.close();
  } finally {
    await wardline.stop();
  }
}

const summary = (numbers: number[]) => ({
  p50: Math.round(percentile(numbers, 0.5)),
  p95: Math.round(percentile(numbers, 0.95)),
  p99: Math.round(percentile(numbers, 0.99)),
  max: Math.round(Math.max(...numbers)),
  count: numbers.length,
});

/** A board: it listens, reads at each hint (one reading at a time), and notes how old the change was when shown. */
async function watch(wardline: Wardline, shown: (delay: number) => void): Promise<WebSocket> {
  const connection = (await (await wardline.call('nurse.j09', '/boards/J09/connect', { method: 'POST' })).json()) as {
    url: string;
    protocol: string;
    group: string;
  };
  const socket = new WebSocket(connection.url, connection.protocol);
  let etag = '';
  let reading = false;
  const waiting: Hint[] = [];
  const read = async (): Promise<void> => {
    reading = true;
    while (waiting.length > 0) {
      const hints = waiting.splice(0);
      const response = await wardline.call('nurse.j09', '/boards/J09', { headers: { 'if-none-match': etag } });
      etag = response.headers.get('etag') ?? etag;
      await response.arrayBuffer();
      for (const hint of hints) shown(Date.now() - Date.parse(hint.committedAt));
    }
    reading = false;
  };
  socket.addEventListener('open', () =>
    socket.send(JSON.stringify({ type: 'joinGroup', group: connection.group, ackId: 1 })),
  );
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as { type: string; data?: Hint };
    if (message.type !== 'message' || message.data === undefined) return;
    waiting.push(message.data);
    if (!reading) void read();
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  return socket;
}

interface Sent {
  readonly statusUrl: string;
  readonly accepted: number;
}

/** Sends forms at a rate (forms a second), at most 16 at once. */
async function fileForms(
  wardline: Wardline,
  patients: readonly { patient: string; encounter: string }[],
  count: number,
  perSecond: number,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  const began = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const due = began + (index * 1000) / perSecond;
      if (Number.isFinite(due) && due > performance.now()) await sleep(due - performance.now());
      const who = patients[index % patients.length];
      if (who === undefined) throw new Error('The ward has no patients.');
      const start = performance.now();
      const response = await wardline.call('nurse.j09', '/forms/news2/responses', {
        method: 'POST',
        body: JSON.stringify(
          news2Response(who.patient, who.encounter, { pulse: 60 + (index % 60) }, new Date().toISOString()),
        ),
      });
      if (response.status !== 202) throw new Error(`A form was answered ${response.status}: ${await response.text()}`);
      const { statusUrl } = (await response.json()) as { statusUrl: string };
      sent.push({ statusUrl, accepted: performance.now() - start });
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return sent;
}

/** Waits until each of the forms is filed. The last ones are asked first: when they are done, most others are. */
async function settle(wardline: Wardline, sent: readonly Sent[]): Promise<void> {
  for (const { statusUrl } of sent.toReversed()) {
    for (;;) {
      const status = (await (await wardline.call('nurse.j09', statusUrl)).json()) as { status: string };
      if (status.status === 'filed') break;
      if (status.status === 'rejected') throw new Error('A form of the bench was rejected.');
      await sleep(100);
    }
  }
}

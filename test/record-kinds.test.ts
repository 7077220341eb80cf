import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TimelineLine } from '../functions/timeline.ts';
import { recordKinds } from './support/record-kinds.ts';
import { occupied, readBoard } from './support/ward.ts';
import { startWardline, type Wardline } from './support/wardline.ts';

/** Every kind of record that clinicians name, by who writes it, from first word to withdrawal. */
let wardline: Wardline;
let patient = '';
before(async () => {
  wardline = await startWardline();
  patient = occupied(await readBoard(wardline, 'J09')).patient;
});
after(() => wardline?.stop());

async function send(user: string, method: string, path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await wardline.call(user, path, { method, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path} as ${user}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

async function line(reference: string, query: string): Promise<TimelineLine | undefined> {
  const answer = await wardline.call('nurse.j09', `/patients/${patient}/timeline?${query}`);
  assert.equal(answer.status, 200);
  const { entries } = (await answer.json()) as { entries: TimelineLine[] };
  return entries.find((entry) => entry.reference === reference);
}

for (const { kind, type, author, title, date, resource, amended, withdrawn } of recordKinds)
  test(`${kind} (${type}): written by ${author}, amended, withdrawn, and each time on the timeline as it is`, async () => {
    const first = await send(author, 'POST', `/fhir/${type}`, resource(patient));
    const reference = `${type}/${first['id']}`;
    const shown = await line(reference, `kind=${kind}`);
    assert.deepEqual(
      [shown?.kind, shown?.title, shown?.date, shown?.dated, shown?.versionId],
      [kind, title, date, 'clinical', '1'],
    );
    const second = await send(author, 'PUT', `/fhir/${reference}`, { ...first, ...amended });
    assert.equal((await line(reference, `kind=${kind}`))?.versionId, '2');
    await send(author, 'PUT', `/fhir/${reference}`, { ...second, ...withdrawn });
    assert.equal(await line(reference, `kind=${kind}`), undefined);
    const marked = await line(reference, `kind=${kind}&withdrawn=show`);
    assert.deepEqual([marked?.enteredInError, marked?.versionId], [true, '3']);
    // What was read before it was withdrawn can still be read as it was.
    const history = await wardline.call('nurse.j09', `/fhir/${reference}/_history/1`);
    assert.equal(history.status, 200);
  });

test('the timeline shows all kinds side by side, newest first', async () => {
  const answer = await wardline.call('nurse.j09', `/patients/${patient}/timeline?withdrawn=show&count=200`);
  const { entries } = (await answer.json()) as { entries: TimelineLine[] };
  assert.deepEqual(new Set(entries.map(({ kind }) => kind)), new Set(recordKinds.map(({ kind }) => kind)));
  const dates = entries.map(({ date }) => Date.parse(date));
  assert.deepEqual(
    dates,
    dates.toSorted((a, b) => b - a),
  );
});

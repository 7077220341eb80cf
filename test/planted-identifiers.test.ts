import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makePatients } from '../demo/patients.ts';
import { scoreSeven } from './support/news2-response.ts';
import { assertNowhereInClear, secretsOf } from './support/planted.ts';
import { occupied, readBoard, sendNews2, settled } from './support/ward.ts';
import { eventually, sleep, startWardline, type Wardline } from './support/wardline.ts';

let wardline: Wardline;
before(async () => {
  wardline = await startWardline();
});
after(() => wardline?.stop());

test('no name, NHS number, address or birth date of a patient lies in clear in any store, queue, blob, log or trace', async () => {
  const board = await readBoard(wardline, 'J09');
  for (const index of [0, 1, 2]) {
    const form = await sendNews2(
      wardline,
      'nurse.j09',
      occupied(board, index),
      index === 2 ? { pulse: 1150 } : scoreSeven,
    );
    await settled(wardline, 'nurse.j09', form.statusUrl);
  }
  const search = await wardline.call('integration', '/fhir/Patient/_search', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      identifier: `https://fhir.nhs.uk/Id/nhs-number|${makePatients(1, 9)[0]?.nhsNumber}`,
    }).toString(),
  });
  assert.equal(((await search.json()) as { total: number }).total, 1);
  const rebuild = await wardline.call('operations', '/operations/boards/rebuild', { method: 'POST' });
  const { statusUrl } = (await rebuild.json()) as { statusUrl: string };
  await eventually(
    async () => (await (await wardline.call('operations', statusUrl)).json()) as { status: string },
    ({ status }) => status === 'completed',
    60_000,
  );
  await sleep(7_000);
  assertNowhereInClear(
    wardline,
    secretsOf([...makePatients(24, 9), ...makePatients(24, 10), ...makePatients(10, 101)]),
  );
});

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { readBoard } from '../support/ward.ts';
import { eventually, type Wardline } from '../support/wardline.ts';

interface Rebuild {
  readonly status: string;
  readonly statusUrl: string;
  readonly wards?: number;
  readonly rebuilt?: number;
  readonly corrected?: number;
  readonly problems?: readonly unknown[];
}

/** A rebuild from the record finds no tile that was wrong, and the boards show what they showed. */
export async function assertBoardsAreRebuilds(wardline: Wardline, wards: readonly string[]): Promise<void> {
  const shown = () => Promise.all(wards.map(async (ward) => (await readBoard(wardline, ward)).beds));
  const before = await shown();
  const started = await wardline.call('operations', '/operations/boards/rebuild', { method: 'POST' });
  assert.equal(started.status, 202);
  const { statusUrl } = (await started.json()) as Rebuild;
  const ended = await eventually(
    async () => (await (await wardline.call('operations', new URL(statusUrl).pathname)).json()) as Rebuild,
    ({ status }) => status === 'completed' || status === 'failed',
    60_000,
  );
  assert.equal(ended.status, 'completed');
  assert.deepEqual(ended.problems, []);
  assert.equal(ended.corrected, 0, 'tiles of the live boards were wrong');
  assert.ok((ended.rebuilt ?? 0) >= wards.length);
  // A lagging replica may still show the moment before.
  await eventually(shown, (now) => isDeepStrictEqual(now, before));
}

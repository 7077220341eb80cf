import assert from 'node:assert/strict';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { readBoard } from '../support/ward.ts';
import { eventually, sleep, type Wardline } from '../support/wardline.ts';
import type { Admitted } from './file-forms.ts';

/** Moves a patient between two beds over Event Grid until it is told to stop. @returns the bed acknowledged last */
export async function moveBeds(
  wardline: Wardline,
  { encounter }: Admitted,
  beds: readonly [string, string],
  goesOn: () => boolean,
): Promise<string> {
  const { endpoint, key } = wardline.endpoints.eventGrid.in;
  const client = new EventGridPublisherClient(endpoint, 'CloudEvent', new AzureKeyCredential(key), {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
  let bed: string = beds[0];
  for (let sequence = 1; goesOn(); sequence++) {
    bed = beds[sequence % 2] ?? bed;
    const data = { trust: 'RR8', encounter, bed, occurredAt: new Date().toISOString(), sequence };
    const event = { id: `move-${sequence}`, type: 'uk.nhs.wardline.bed.moved.v1', source: '/test/beds', data };
    // The same event until it is acknowledged, as a publisher does.
    while (
      !(await client.send([event]).then(
        () => true,
        () => false,
      ))
    )
      await sleep(100);
    await sleep(400);
  }
  return bed;
}

/** The patient stands in the bed that was acknowledged last, and in no other. */
export async function assertInBed(wardline: Wardline, { patient }: Admitted, bed: string): Promise<void> {
  const board = await eventually(
    () => readBoard(wardline, 'J09'),
    ({ beds }) => beds.some((one) => one.bed === bed && one.patient?.id === patient),
    90_000,
  );
  assert.equal(board.beds.filter((one) => one.patient?.id === patient).length, 1);
}

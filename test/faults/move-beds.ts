import assert from 'node:assert/strict';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { readBoard } from '../support/ward.ts';
import { eventually, sleep, type Wardline } from '../support/wardline.ts';
import type { Admitted } from './file-forms.ts';

export interface Moved {
  /** The bed acknowledged last. */
  readonly bed: string;
  /** Movements that were acknowledged; each has its sequence, from 1 on. */
  readonly count: number;
}

/** Moves a patient between two beds over Event Grid until it is told to stop. */
export async function moveBeds(
  wardline: Wardline,
  { encounter }: Admitted,
  beds: readonly [string, string],
  goesOn: () => boolean,
): Promise<Moved> {
  const { endpoint, key } = wardline.endpoints.eventGrid.in;
  const client = new EventGridPublisherClient(endpoint, 'CloudEvent', new AzureKeyCredential(key), {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
  let bed: string = beds[0];
  let count = 0;
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
    count = sequence;
    await sleep(400);
  }
  return { bed, count };
}

interface Encounter {
  readonly location: readonly { readonly extension?: readonly { readonly valueString?: string }[] }[];
}

/** Each acknowledged movement is recorded once, and the patient stands in the last bed and in no other. */
export async function assertInBed(
  wardline: Wardline,
  { patient, encounter }: Admitted,
  { bed, count }: Moved,
): Promise<void> {
  const recorded = await eventually(
    async () => {
      const answer = await wardline.call('nurse.j09', `/fhir/Encounter/${encounter}`);
      const { location } = (await answer.json()) as Encounter;
      return location.flatMap(({ extension = [] }) => extension.map(({ valueString }) => valueString?.split('|')[1]));
    },
    (sequences) => new Set(sequences).size >= count,
    120_000,
  );
  const wanted = Array.from({ length: count }, (_, index) => String(index + 1));
  assert.deepEqual(
    recorded.toSorted((a, b) => Number(a) - Number(b)),
    wanted,
  );
  const board = await eventually(
    () => readBoard(wardline, 'J09'),
    ({ beds }) => beds.some((one) => one.bed === bed && one.patient?.id === patient),
    90_000,
  );
  assert.equal(board.beds.filter((one) => one.patient?.id === patient).length, 1);
}

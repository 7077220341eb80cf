import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type BusStore, startBusStore } from '../../test/support/bus.ts';
import { news2Response } from '../../test/support/news2-response.ts';
import { encounter, patient, ward } from '../../test/support/record-samples.ts';
import { callOf, type RecordStore, startRecordStore } from '../../test/support/records.ts';
import type { Call } from '../context.ts';
import type { FhirResource } from '../fhir/index.ts';
import { createIds } from '../ids.ts';
import { blobContainers, queues } from '../topology.ts';
import { createForms } from './index.ts';

let bus: BusStore;
let store: RecordStore;
let process: ReturnType<RecordStore['process']>;
let forms: ReturnType<typeof createForms>;
const nurse: Call = { ...callOf('nurse'), policy: 'form:submit' };

before(async () => {
  [bus, store] = await Promise.all([startBusStore(), startRecordStore()]);
  process = store.process();
  forms = createForms({ ...process, bus: bus.bus, blobs: bus.blobs, ids: createIds(process.clock) });
});
after(async () => {
  await bus?.close();
  await store?.close();
});

const create = async (resource: FhirResource): Promise<string> => {
  const { changes } = await process.records.commit(
    callOf(),
    'RR8',
    [
      resource.id === undefined
        ? { kind: 'create', resource }
        : { kind: 'update', type: resource.resourceType, id: resource.id, resource, allowCreate: true },
    ],
    { subtype: 'create', action: 'C' },
  );
  return String(changes[0]?.id);
};
const [yesterday, tomorrow] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString()) as [
  string,
  string,
];
const blobs = () => bus.blobNames(blobContainers.largeForms);

/** Sends a response that no message could carry, and takes its message from the queue. */
async function sendLarge(
  nhsNumber: string,
  observedAt: string,
): Promise<{ message: unknown; status: () => Promise<string> }> {
  for (const resource of ward('J09')) await create(resource);
  const token = await create(patient('Large', nhsNumber));
  const stay = await create(encounter(token, 'J09-01'));
  const response = {
    ...news2Response(token, stay, {}, observedAt),
    text: {
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml">${randomBytes(150_000).toString('hex')}</div>`,
    },
  };
  const { statusUrl } = await forms.submit(nurse, 'news2', response, null);
  assert.equal((await blobs()).length, 1);
  const [message] = await bus.drain(queues.formIntake, true);
  const receipt = statusUrl.split('/').at(-1) ?? '';
  return {
    message: message?.body,
    status: async () => (await forms.status({ ...nurse, policy: 'form:read' }, 'news2', receipt)).status,
  };
}

test('the blob of a large form goes when the form is filed, and a second delivery finds it filed', async () => {
  const { message, status } = await sendLarge('9990000212', yesterday);
  await forms.process(message);
  assert.deepEqual([await status(), await blobs()], ['filed', []]);
  await forms.process(message);
  assert.equal(await status(), 'filed');
});

test('the blob of one that is rejected goes too', async () => {
  const { message, status } = await sendLarge('9990000220', tomorrow);
  await forms.process(message);
  await forms.process(message);
  assert.deepEqual([await status(), await blobs()], ['rejected', []]);
});

test('a form whose blob is lost before it is filed fails loudly', async () => {
  const { message, status } = await sendLarge('9990000239', yesterday);
  for (const name of await blobs()) await bus.blobs.remove(blobContainers.largeForms, name);
  await assert.rejects(forms.process(message), /is not there/);
  assert.equal(await status(), 'received');
});

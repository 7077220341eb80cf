import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FhirApi, type FhirBody, startFhirApi } from '../../test/support/fhir-api.ts';
import { encounter, patient, pulse, ward } from '../../test/support/record-samples.ts';

let api: FhirApi;
let token = '';

before(async () => {
  api = await startFhirApi();
  for (const resource of ward('J09')) await api.send('PUT', `Location/${resource.id}`, { body: resource });
  token = (await api.send('POST', 'Patient', { body: patient('Nightingale', '9990000050') })).body.id ?? '';
  await api.send('POST', 'Encounter', { body: encounter(token, 'J09-01') });
});
after(() => api.close());

const entry = (method: string, url: string, resource?: object, more: object = {}) => ({
  request: { method, url, ...more },
  ...(resource === undefined ? {} : { resource }),
});
const bundle = (type: string, ...entries: object[]) => ({ resourceType: 'Bundle', type, entry: entries });
const send = (type: string, ...entries: object[]) => api.send('POST', '', { body: bundle(type, ...entries) });
const statuses = ({ entry: entries }: FhirBody) => entries?.map(({ response }) => response?.status.slice(0, 3));
const total = async (query: string) => (await api.send('GET', query)).body.total;
const nhsNumber = 'https://fhir.nhs.uk/Id/nhs-number|9990000050';

test('each entry of a batch has its own outcome, in the order of the Bundle', async () => {
  api.audited.length = 0;
  const { status, body } = await send(
    'batch',
    entry('GET', `Observation?patient=${token}&code=batch`),
    entry('POST', 'Observation', pulse(token, 1, 'batch')),
    entry('POST', 'Observation', { ...pulse(token, 1, 'batch'), status: 'nonsense' }),
    entry('GET', 'Patient/unknown'),
    entry('GET', `Patient/${token}`, undefined, { ifNoneMatch: 'W/"1"' }),
    entry('GET', `Patient/${token}/$everything?_count=1`),
    entry('DELETE', 'Observation/unknown'),
    entry('GET', 'no/such/place/at/all'),
    { request: {} },
    entry('PATCH', `Patient/${token}`, {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'operation',
          part: [
            { name: 'type', valueCode: 'add' },
            { name: 'path', valueString: 'Patient' },
            { name: 'name', valueString: 'active' },
            { name: 'value', valueBoolean: true },
          ],
        },
      ],
    }),
  );
  assert.equal(status, 200);
  assert.equal(body.type, 'batch-response');
  assert.deepEqual(statuses(body), ['200', '201', '422', '404', '200', '200', '404', '404', '400', '200']);
  // Reads come after writes, and see them.
  assert.equal(body.entry?.[0]?.resource?.total, 1);
  assert.deepEqual(body.entry?.[2]?.response?.outcome?.issue?.[0]?.expression, ['Observation.status']);
  // What writes nothing leaves an entry each, and the batch its own.
  assert.equal(api.audited.length, 7);
  assert.equal(new Set(api.audited.map(({ id }) => id)).size, 7);
});

test('a batch gives nobody more than the entries alone would', async () => {
  const { body } = await api.send('POST', '', {
    who: 'stranger',
    body: bundle(
      'batch',
      entry('GET', `Patient/${token}`),
      entry('GET', `Patient?identifier=${nhsNumber}`),
      entry('POST', 'Patient', patient('X')),
    ),
  });
  assert.deepEqual(statuses(body), ['403', '200', '403']);
  assert.equal(body.entry?.[1]?.resource?.total, 0);
});

test('a transaction follows references that are searches, and reads what it wrote', async () => {
  const { status, body } = await send(
    'transaction',
    entry('GET', `Observation?patient=${token}&code=cond-ref`),
    entry('POST', 'Observation', {
      ...pulse(token, 1, 'cond-ref'),
      subject: { reference: `Patient?identifier=${nhsNumber}` },
    }),
  );
  assert.equal(status, 200);
  assert.deepEqual(statuses(body), ['200', '201']);
  assert.equal(body.entry?.[0]?.resource?.total, 1);
  const nobody = await send(
    'transaction',
    entry('POST', 'Observation', { ...pulse(token, 1), subject: { reference: 'Patient?identifier=none' } }),
  );
  assert.deepEqual([nobody.status, nobody.body.issue?.[0]?.expression], [422, ['Bundle.entry[0].resource']]);
});

test('conditions in a transaction hold, and one that does not takes all of it back', async () => {
  const about = `patient=${token}&code=tx-cond`;
  const device = { ...pulse(token, 1, 'tx-cond') };
  const first = await send('transaction', entry('POST', 'Observation', device, { ifNoneExist: about }));
  assert.deepEqual(statuses(first.body), ['201']);
  const again = await send(
    'transaction',
    entry('POST', 'Observation', device, { ifNoneExist: about }),
    entry('PUT', `Observation?patient=${token}&code=tx-put`, pulse(token, 2, 'tx-put')),
    entry('DELETE', `Observation?patient=${token}&code=tx-none`),
  );
  assert.deepEqual(statuses(again.body), ['200', '201', '204']);
  const patch = {
    resourceType: 'Binary',
    contentType: 'application/json-patch+json',
    data: Buffer.from(JSON.stringify([{ op: 'replace', path: '/status', value: 'amended' }])).toString('base64'),
  };
  const changed = await send(
    'transaction',
    entry('PUT', `Observation?patient=${token}&code=tx-put`, pulse(token, 3, 'tx-put')),
    entry('PATCH', `Observation?${about}`, patch),
  );
  assert.deepEqual(statuses(changed.body), ['200', '200']);
  assert.equal(await total(`Observation?${about}&status=amended`), 1);
  const before = await total(`Observation?patient=${token}`);
  const failed = await send(
    'transaction',
    entry('POST', 'Observation', pulse(token, 9, 'tx-lost')),
    entry('PUT', `Observation?patient=${token}&code=tx-put`, pulse(token, 4, 'tx-put'), { ifMatch: 'W/"1"' }),
  );
  assert.equal(failed.status, 412);
  assert.equal(
    (await send('transaction', entry('PATCH', `Observation?patient=${token}&code=none`, patch))).status,
    404,
  );
  assert.equal(await total(`Observation?patient=${token}`), before);
});

test('of several transactions with the same If-None-Exist one creates, and the others refer to what it made', async () => {
  const shared = { system: 'urn:order', value: 'one' };
  const sendOrder = () =>
    send(
      'transaction',
      {
        fullUrl: 'urn:uuid:11111111-1111-4111-8111-111111111111',
        ...entry(
          'POST',
          'Observation',
          { ...pulse(token, 1, 'order'), identifier: [shared] },
          { ifNoneExist: `patient=${token}&identifier=urn:order|one` },
        ),
      },
      entry('POST', 'Observation', {
        ...pulse(token, 2, 'member'),
        derivedFrom: [{ reference: 'urn:uuid:11111111-1111-4111-8111-111111111111' }],
      }),
    );
  const answers = await Promise.all([sendOrder(), sendOrder(), sendOrder()]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  assert.equal(await total(`Observation?patient=${token}&code=order`), 1);
  assert.equal(await total(`Observation?patient=${token}&code=member&derived-from.code=order`), 3);
});

test('a transaction answers with resources where the caller prefers them', async () => {
  const body = bundle('transaction', entry('POST', 'Observation', pulse(token, 1)));
  const answer = await api.send('POST', '', { body, headers: { prefer: 'return=representation' } });
  assert.equal(answer.body.entry?.[0]?.resource?.resourceType, 'Observation');
  assert.equal((await api.send('POST', '', { body })).body.entry?.[0]?.resource, undefined);
});

test('a Bundle of another type is refused', async () => {
  for (const type of ['collection', 'searchset']) assert.equal((await send(type)).status, 400);
  assert.deepEqual((await send('transaction')).body.entry, []);
});

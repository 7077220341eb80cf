import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

/** Two trusts of one deployment: what one lets the other read, from the agreement to what the patient is told. */
let wardline: Wardline;
before(async () => {
  wardline = await startWardline();
});
after(() => wardline?.stop());

const path = '/trusts/RR8/fhir/Patient/demo-patient';
const read = async (): Promise<number> => (await wardline.call('nurse.x01', path)).status;
const send = (user: string, method: string, address: string, body?: object): Promise<Response> =>
  wardline.call(user, address, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });

test('a referral and an agreement let a nurse of another trust read, and the patient is told', async () => {
  assert.equal(await read(), 403);
  const referral = {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    subject: { reference: 'Patient/demo-patient' },
    performer: [{ identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'RXF' } }],
  };
  assert.equal((await send('doctor.j09', 'POST', '/fhir/ServiceRequest', referral)).status, 201);
  assert.equal(await read(), 403, 'a referral alone lets nobody in');
  const until = new Date(Date.now() + 24 * 3_600_000).toISOString();
  const agreement = { roles: ['nurse'], types: ['Patient'], purpose: 'TREAT', until };
  assert.equal((await send('nurse.j09', 'PUT', '/operations/agreements/RXF', agreement)).status, 403);
  assert.equal(
    (await send('operations.rxf', 'PUT', '/operations/agreements/RXF', agreement)).status,
    400,
    'its own trust',
  );
  assert.equal((await send('operations', 'PUT', '/operations/agreements/RXF', agreement)).status, 200);
  assert.equal(await eventually(read, (status) => status !== 403, 5_000), 200);
  const disclosures = async (): Promise<string> =>
    (await wardline.call('patient', '/patients/demo-patient/disclosures')).text();
  const told = await eventually(disclosures, (text) => /a nurse of RXF looked at your name/.test(text));
  assert.doesNotMatch(told, /tried to/, 'what was refused stands with the trust of who tried');
  const trail = await wardline.call('auditor', '/fhir/AuditEvent?patient=demo-patient');
  assert.match(await trail.text(), /directory\/RXF/);
});

test('an agreement opens one way only, and ends', async () => {
  const back = await wardline.call('nurse.j09', '/trusts/RXF/fhir/Patient');
  assert.equal(back.status, 403);
  assert.equal((await send('operations', 'DELETE', '/operations/agreements/RXF')).status, 204);
  assert.equal(await read(), 403);
});

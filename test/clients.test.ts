import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MedplumClient, normalizeErrorString, OperationOutcomeError } from '@medplum/core';
import { CapabilityTool, Client } from 'fhir-kit-client';
import type { Page } from 'playwright-core';
import { openBrowser } from './support/browser.ts';
import type { FhirBody } from './support/fhir-api.ts';
import { patient, pulse } from './support/record-samples.ts';
import { serveSmartApp } from './support/smart-app.ts';
import { occupied, readBoard } from './support/ward.ts';
import { eventually, startWardline, type Wardline } from './support/wardline.ts';

/** Clients that others wrote, as npm brings them, against the FHIR API. */
let wardline: Wardline;
let base: string;

before(async () => {
  wardline = await startWardline();
  base = `${wardline.endpoints.functions}/fhir`;
});
after(async () => {
  await wardline?.stop();
});

interface Bundle {
  readonly total?: number;
  readonly entry?: readonly { readonly resource?: FhirBody; readonly response?: { readonly status: string } }[];
}

test('fhir-kit-client creates, reads, changes, searches, pages and deletes', async () => {
  const client = new Client({ baseUrl: base, bearerToken: await wardline.token('integration') });
  const tool = new CapabilityTool(await client.capabilityStatement());
  assert.ok(tool.serverCan('transaction') && tool.resourceCan('Observation', 'patch'));
  const { authorizeUrl, tokenUrl } = await client.smartAuthMetadata();
  assert.ok(String(authorizeUrl).startsWith(wardline.endpoints.identity.issuer) && tokenUrl !== undefined);

  const made = await client.create({ resourceType: 'Patient', body: patient('Kit') as never });
  const id = String(made['id']);
  const values = [61, 62, 63, 64, 65];
  const entry = values.map((value) => ({
    request: { method: 'POST', url: 'Observation' },
    resource: pulse(id, value),
  }));
  const transaction = { resourceType: 'Bundle', type: 'transaction', entry };
  const answered = (await client.transaction({ body: transaction as never })) as Bundle;
  assert.deepEqual(new Set(answered.entry?.map(({ response }) => response?.status)), new Set(['201 Created']));

  const found: FhirBody[] = [];
  let bundle: unknown = await client.search({
    resourceType: 'Observation',
    searchParams: { patient: id, _count: '2' },
  });
  for (let pages = 0; bundle !== undefined && pages < 10; pages++) {
    found.push(
      ...((bundle as Bundle).entry ?? []).flatMap(({ resource }) => (resource === undefined ? [] : [resource])),
    );
    bundle = await client.nextPage({ bundle: bundle as never });
  }
  assert.deepEqual(
    found.map((one) => (one['valueQuantity'] as { value: number }).value).sort(),
    values,
    'each once over the pages',
  );
  const posted = (await client.search({
    resourceType: 'Observation',
    searchParams: { patient: id, 'value-quantity': '63' },
    options: { postSearch: true },
  })) as Bundle;
  assert.equal(posted.entry?.length, 1);
  const compartment = (await client.search({
    resourceType: 'Observation',
    compartment: { resourceType: 'Patient', id },
  })) as Bundle;
  assert.equal(compartment.entry?.length, values.length);

  const [first] = found;
  assert.ok(first?.id);
  const bound = (version: string) => ({ headers: { 'if-match': `W/"${version}"` } });
  const change = (version: string, status: string) =>
    client.update({
      resourceType: 'Observation',
      id: String(first.id),
      body: { ...first, status } as never,
      options: bound(version),
    });
  const updated: unknown = await change('1', 'amended');
  assert.equal((updated as FhirBody).meta?.versionId, '2');
  await assert.rejects(change('1', 'corrected'), (error: { response: { status: number; data: FhirBody } }) => {
    assert.deepEqual([error.response.status, error.response.data.resourceType], [412, 'OperationOutcome']);
    return true;
  });
  const patched = await client.patch({
    resourceType: 'Observation',
    id: String(first.id),
    jsonPatch: [{ op: 'replace', path: '/status', value: 'corrected' }],
  });
  assert.equal(patched['status'], 'corrected');
  const history = (await client.history({ resourceType: 'Observation', id: String(first.id) })) as Bundle;
  assert.equal(history.total, 3);
  const old = await client.vread({ resourceType: 'Observation', id: String(first.id), version: '1' });
  assert.equal(old['status'], 'final');
  const everything = (await client.operation({
    name: 'everything',
    resourceType: 'Patient',
    id,
    method: 'GET',
  })) as Bundle;
  assert.equal(everything.entry?.length, values.length + 1);
  await client.delete({ resourceType: 'Observation', id: String(first.id) });
  await assert.rejects(
    client.read({ resourceType: 'Observation', id: String(first.id) }),
    ({ response }: { response: { status: number } }) => response.status === 410,
  );
});

test('@medplum/core creates, reads, searches, pages, changes, patches, runs batches, and understands errors', async () => {
  const client = new MedplumClient({
    baseUrl: wardline.endpoints.functions,
    fhirUrlPath: 'fhir/',
    accessToken: await wardline.token('integration'),
    cacheTime: 0,
    fetch,
  });
  const made = await client.createResource(patient('Medplum') as never as { resourceType: 'Patient' });
  const bundle = await client.executeBatch({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [70, 71, 72].map((value) => ({
      request: { method: 'POST', url: 'Observation' },
      resource: pulse(String(made.id), value) as never,
    })),
  });
  assert.equal(bundle.entry?.length, 3);
  const pages: number[] = [];
  for await (const page of client.searchResourcePages('Observation', { patient: String(made.id), _count: 2 }))
    pages.push(page.length);
  assert.deepEqual(pages, [2, 1]);
  const [observation] = await client.searchResources('Observation', {
    patient: String(made.id),
    'value-quantity': '71',
  });
  assert.ok(observation);
  const read = await client.readResource('Observation', observation.id);
  const updated = await client.updateResource(
    { ...read, status: 'amended' },
    { headers: { 'If-Match': `W/"${read.meta?.versionId}"` } },
  );
  assert.equal(updated.meta?.versionId, '2');
  await assert.rejects(
    client.updateResource({ ...read, status: 'corrected' }, { headers: { 'If-Match': 'W/"1"' } }),
    (error) => error instanceof OperationOutcomeError && error.outcome.issue[0]?.code === 'conflict',
  );
  const patched = await client.patchResource('Observation', observation.id, [
    { op: 'replace', path: '/status', value: 'corrected' },
  ]);
  assert.equal(patched.status, 'corrected');
  assert.equal((await client.readHistory('Observation', observation.id)).entry?.length, 3);
  await assert.rejects(client.createResource({ resourceType: 'Observation' } as never), (error) => {
    assert.match(normalizeErrorString(error), /status|code/, 'the message says what is missing');
    return true;
  });
  const existing = await client.createResourceIfNoneExist(
    patient('Medplum') as never as { resourceType: 'Patient' },
    'family=Medplum',
  );
  assert.equal(existing.id, made.id);
  await client.deleteResource('Observation', observation.id);
  await assert.rejects(client.readResource('Observation', observation.id), OperationOutcomeError);
});

interface Shown {
  readonly error?: string;
  readonly patient?: string;
  readonly context?: string;
  readonly scope?: string;
  readonly others?: Bundle;
  readonly measured?: Bundle & { readonly status?: number };
  readonly written?: { readonly status?: number; readonly id?: string };
}

/** Opens the app in a browser of its own, lets somebody use it, and tells what it was shown. */
async function launched(
  scope: string,
  from: { readonly launch: string } | 'alone',
  use: (page: Page) => Promise<void>,
): Promise<Shown> {
  const app = await serveSmartApp(scope, from === 'alone' ? base : undefined);
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const start = new URL(app.address);
    if (from !== 'alone') start.search = String(new URLSearchParams({ iss: base, ...from }));
    await page.goto(String(start));
    await use(page);
    await page.locator('#result:not(:empty)').waitFor();
    return JSON.parse((await page.locator('#result').textContent()) ?? '') as Shown;
  } finally {
    await browser.close();
    app.close();
  }
}
const signIn = (page: Page, name: RegExp): Promise<void> => page.getByRole('button', { name }).click();
const names = ({ entry = [] }: Bundle = {}): string[] => entry.map(({ resource }) => String(resource?.id));

test('fhirclient, launched alone in a browser: the nurse chooses a patient, and the app sees that patient and writes nothing', async () => {
  const { patient: id } = occupied(await readBoard(wardline, 'J09'));
  const seen = await launched('openid launch/patient patient/*.rs', 'alone', async (page) => {
    await signIn(page, /Ada Okafor/);
    await page.getByRole('heading', { name: 'Choose a patient' }).waitFor();
    assert.ok((await page.locator('button[name=patient]').count()) > 10, 'those of the ward are there to choose from');
    await page.locator(`button[value="${id}"]`).click();
  });
  assert.equal(seen.error, undefined);
  assert.deepEqual([seen.patient, seen.context], [id, id]);
  assert.deepEqual(names(seen.others), [id]);
  assert.equal(seen.written?.status, 403);
});

test('fhirclient, launched from the record with the patient on the screen, writes what its scopes say', async () => {
  const { patient: id } = occupied(await readBoard(wardline, 'J09'), 1);
  const begun = await fetch(`${wardline.endpoints.identity.issuer}/launches`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await wardline.token('nurse.j09')}` },
    body: JSON.stringify({ patient: id }),
  });
  const { launch } = (await begun.json()) as { launch: string };
  const seen = await launched('openid launch patient/Patient.rs patient/Flag.c', { launch }, (page) =>
    signIn(page, /Ada Okafor/),
  );
  assert.equal(seen.error, undefined);
  assert.equal(seen.patient, id);
  assert.equal(seen.measured?.status, 403, 'Observation was not granted');
  assert.ok(seen.written?.id);
});

test('fhirclient in the hands of a patient: the own record and nobody else, and who looked at it', async () => {
  assert.equal((await wardline.call('nurse.j09', '/fhir/Patient/demo-patient')).status, 200);
  const seen = await launched('openid launch/patient patient/*.read', 'alone', (page) =>
    signIn(page, /patient in bed J09-01/),
  );
  assert.equal(seen.error, undefined);
  assert.equal(seen.patient, 'demo-patient');
  assert.deepEqual(names(seen.others), ['demo-patient']);
  assert.equal(seen.written?.status, 403);
  const read = async () =>
    (await (await wardline.call('patient', '/patients/demo-patient/disclosures')).json()) as object;
  for (const told of [
    /a nurse of RR8 looked at/,
    /you looked at your name, address and other details, as it is your own record/,
  ])
    await eventually(read, (answer) => told.test(JSON.stringify(answer)));
  const { patient: other } = occupied(await readBoard(wardline, 'J09'), 2);
  for (const path of [
    `/fhir/Patient/${other}`,
    `/patients/${other}/disclosures`,
    '/boards/J09',
    '/fhir/AuditEvent?patient=demo-patient',
  ])
    assert.equal((await wardline.call('patient', path)).status, 403, path);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Schema } from '../functions/api/schema.ts';
import { mismatches } from './support/matches-schema.ts';
import { news2Response } from './support/news2-response.ts';
import { occupied, readBoard } from './support/ward.ts';
import { startWardline, type Wardline } from './support/wardline.ts';

/** Every route that is described is used once, and answers what its description says. */
interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, { schema?: Schema }>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: { readonly Problem: Schema } };
}

let wardline: Wardline;
let api: Document;
const operations = new Map<string, { method: string; path: string; operation: Operation }>();
const used = new Set<string>();
before(async () => {
  wardline = await startWardline();
  api = (await (await fetch(new URL('/openapi.json', wardline.endpoints.functions))).json()) as Document;
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods))
      operations.set(operation.operationId, { method: method.toUpperCase(), path, operation });
});
after(() => wardline?.stop());

interface Use {
  readonly user: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

/** Uses an operation, and holds its answer to the description. */
async function use(id: string, { user, params = {}, query = '', body, headers = {} }: Use): Promise<unknown> {
  const found = operations.get(id);
  assert.ok(found, id);
  const path = found.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''));
  const answer = await wardline.call(user, `${path}${query}`, {
    method: found.method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const sent = await answer.text();
  const described = found.operation.responses[String(answer.status)];
  assert.ok(described, `${id}: ${answer.status} ${sent}`);
  used.add(id);
  const [type] = (answer.headers.get('content-type') ?? '').split(';');
  if (sent === '') return undefined;
  const schema = described.content?.[type ?? '']?.schema;
  assert.ok(described.content?.[type ?? ''], `${id} answers ${type}`);
  if (schema === undefined) return sent;
  const value: unknown = JSON.parse(sent);
  assert.deepEqual(mismatches(schema, value), [], id);
  return value;
}

test('each operation answers what its description says', async () => {
  const board = await readBoard(wardline, 'J09');
  const who = occupied(board);
  const nurse = 'nurse.j09';
  const patient = { patient: who.patient };
  for (const id of ['healthLive', 'healthReady', 'signInSettings', 'listForms', 'openApi'])
    await use(id, { user: nurse });
  await use('formDefinition', { user: nurse, params: { form: 'news2' } });
  const filled = news2Response(who.patient, who.encounter, {}, new Date().toISOString());
  const form = (await use('submitForm', { user: nurse, params: { form: 'news2' }, body: filled })) as {
    statusUrl: string;
  };
  const receipt = form.statusUrl.split('/').at(-1) ?? '';
  await use('formStatus', { user: nurse, params: { form: 'news2', receipt } });
  await use('readBoard', { user: nurse, params: { ward: 'J09' } });
  await use('connectBoard', { user: nurse, params: { ward: 'J09' } });
  await use('readTimeline', { user: nurse, params: patient, query: '?count=1' });
  await use('explainAccess', { user: nurse, query: `?patient=${who.patient}` });
  await use('explainAccess', { user: 'nurse.j10', query: `?patient=${who.patient}` });
  await use('explainAccessOf', { user: 'auditor', params: { agent: 'x' }, query: '?role=nurse' });
  const emergency = { ...patient, reason: 'ETREAT', text: 'Collapsed in the corridor' };
  await use('openEmergencyAccess', { user: 'nurse.j10', body: emergency });
  await use('readDisclosures', { user: 'privacy-officer', params: patient });
  await use('readAuditEntries', { user: 'auditor', params: patient });
  await use('exportAuditChains', { user: 'auditor', params: { month: new Date().toISOString().slice(0, 7) } });
  await use('exportAuditCheckpoints', { user: 'auditor' });
  const operator = { user: 'operations' };
  await use('approveTeam', { ...operator, params: { team: 'RR8-described' }, body: { wards: ['J09'] } });
  await use('openTrust', { ...operator, params: { ods: 'RR8' }, body: {} });
  const until = new Date(Date.now() + 86_400_000).toISOString();
  const agreement = { roles: ['doctor'], types: ['Observation'], purpose: 'TREAT', until };
  await use('makeAgreement', { ...operator, params: { ods: 'RXF' }, body: agreement });
  await use('readAgreements', operator);
  await use('endAgreement', { ...operator, params: { ods: 'RXF' } });
  const started = (await use('startBoardRebuild', operator)) as { id: string };
  await use('readBoardRebuild', { ...operator, params: { run: started.id } });
  const registered = await wardline.call('integration', '/fhir/Patient', {
    method: 'POST',
    body: JSON.stringify({ resourceType: 'Patient', name: [{ family: 'Described' }] }),
  });
  const { id } = (await registered.json()) as { id: string };
  const claim = { nhsNumber: '9990999805', verification: '01' };
  await use('claimNhsNumber', { user: 'integration', params: { patient: id }, body: claim });
  const why = { reason: 'court-order', reference: 'IG-2026/18' };
  const erasure = (await use('requestErasure', { user: 'privacy-officer', params: { id }, body: why })) as {
    id: string;
  };
  await use('approveErasure', { ...operator, params: { request: erasure.id }, body: {} });
  await use('readErasure', { ...operator, params: { request: erasure.id } });
  const rotation = (await use('startKeyRotation', operator)) as { id: string };
  await use('readKeyRotation', { ...operator, params: { run: rotation.id } });
  assert.deepEqual(
    [...operations.keys()].filter((id) => !used.has(id)),
    [],
  );
});

test('what is refused is told as the description says', async () => {
  for (const [user, path] of [
    ['nurse.j10', '/boards/J09'],
    ['nurse.j09', '/patients/x/timeline?kind=nonsense'],
    ['nurse.j09', '/forms/nonsense/definition'],
  ] as const) {
    const answer = await wardline.call(user, path);
    assert.ok(answer.status >= 400);
    assert.deepEqual(mismatches(api.components.schemas.Problem, await answer.json()), [], path);
  }
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { news2Response } from './support/news2-response.ts';
import { type FormStatus, readBoard } from './support/ward.ts';
import { eventually, sleep, startWardline, type Wardline } from './support/wardline.ts';

/** Which process dies in each round; every server of the chain and the host. */
const victims = [
  'functions',
  'cosmos',
  'service-bus',
  'functions',
  'web-pubsub',
  'cosmos',
  'service-bus',
  'functions',
  'event-grid',
  'identity',
  'key-vault',
  'functions',
];

for (const [name, flags] of [
  ['reads are current', []],
  ['reads without a session may lag', ['--stale-reads', '400']],
] as const) {
  test(`twelve kills under load lose no form and file none twice, when ${name}`, async (context) => {
    let wardline: Wardline | undefined;
    context.after(() => wardline?.stop());
    wardline = await startWardline(flags.length === 0 ? 35_000 : 36_000, flags);
    await killsUnderLoad(wardline);
  });
}

async function killsUnderLoad(wardline: Wardline): Promise<void> {
  const board = await readBoard(wardline, 'J09');
  const patients = board.beds.flatMap(({ patient, encounter }) =>
    patient?.id && encounter ? [{ patient: patient.id, encounter }] : [],
  );
  const token = await wardline.token('nurse.j09');
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(new URL(path, wardline.endpoints.functions), {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json', ...init.headers },
    });
  const accepted: FormStatus[] = [];
  let loading = true;
  const load = async (worker: number): Promise<void> => {
    for (let n = 0; loading; n++) {
      const who = patients[(worker * 7 + n) % patients.length];
      if (who === undefined) return;
      const body = JSON.stringify(
        news2Response(who.patient, who.encounter, { pulse: 60 + (n % 50) }, new Date().toISOString()),
      );
      const response = await call('/forms/news2/responses', {
        method: 'POST',
        body,
        headers: { 'idempotency-key': `${worker}-${n}` },
      }).catch(() => undefined);
      if (response?.status === 202) accepted.push((await response.json().catch(() => undefined)) as FormStatus);
      else await sleep(100);
    }
  };
  const workers = [0, 1, 2].map(load);
  for (const victim of victims) {
    await sleep(700);
    wardline.kill(victim);
    await eventually(
      async () => (await fetch(new URL('/health/ready', wardline.endpoints.functions)).catch(() => undefined))?.status,
      (status) => status === 200,
      30_000,
    );
  }
  loading = false;
  await Promise.all(workers);
  const forms = accepted.filter((form) => form !== undefined);
  assert.ok(forms.length > 20, `only ${forms.length} forms were accepted`);
  for (const form of forms) {
    const path = new URL(form.statusUrl).pathname;
    const status = await eventually(
      async () => (await (await call(path)).json()) as FormStatus,
      ({ status: one }) => one === 'filed' || one === 'rejected',
      90_000,
    );
    assert.equal(status.status, 'filed');
  }
  // Each accepted form is there once: its response is found under its identifier, and no other.
  for (const { patient } of patients.slice(0, 6)) {
    const found = (await (await call(`/fhir/QuestionnaireResponse?patient=Patient/${patient}&_count=1000`)).json()) as {
      entry?: { resource: { identifier?: { value?: string } } }[];
    };
    const ids = (found.entry ?? []).map(({ resource }) => resource.identifier?.value);
    assert.equal(new Set(ids).size, ids.length, 'a form was filed twice');
  }
  await eventually(
    async () =>
      spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', 'tools/audit-verify.ts', '--state', wardline.state],
        { encoding: 'utf8' },
      ).status,
    (status) => status === 0,
    30_000,
  );
}

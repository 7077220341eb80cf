import { parseArgs } from 'node:util';
import { type Answer, callFhir, reasonOf } from './load/fhir-client.ts';
import { isReference, isTransaction, type Loadable, readFhirFiles } from './load/fhir-files.ts';
import { inTurns } from './load/in-turns.ts';
import { missingPatients } from './load/missing-patients.ts';

/**
 * `npm run load -- FILE… [--user NAME] [--no-placeholders]`: loads FHIR resources, Bundles and NDJSON through the HTTP
 * API. Resources keep their ids; places, staff and patients come first, so that what refers to them finds them. A patient whom
 * the files only name is made as an empty record, and said so; with --no-placeholders what names her is refused. Prints
 * progress, then what was refused and why, then the counts. Exit 1 when something failed for another reason than being
 * wrong, or when what was stored is not found by search.
 */
const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    user: { type: 'string', default: 'integration' },
    state: { type: 'string' },
    'no-placeholders': { type: 'boolean', default: false },
  },
});
const { user } = values;
const auditor = 'auditor';
const atOnce = 8;
const placeholder = { system: 'https://wardline.nhs.uk/CodeSystem/load', code: 'placeholder' };
/** Types that others of the same load refer to. */
const first = ['Organization', 'Location', 'Practitioner', 'PractitionerRole', 'Group', 'Device', 'Patient'];
/** A content lies with the patient of the resource that it names. */
const last = ['Binary'];

const stored: { type: string; id: string }[] = [];
const refused: string[] = [];
const failed: string[] = [];
const missing: string[] = [];
let incoming = 0;
let found = 0;
let made = 0;

if (files.length === 0) {
  console.error('Which files? npm run load -- patients.json bundle.json more.ndjson [--user integration]');
  process.exitCode = 1;
} else await load(readFhirFiles(files));

async function load(loadables: readonly Loadable[]): Promise<void> {
  const singles = loadables.filter((one) => !isTransaction(one));
  if (!values['no-placeholders']) await inTurns(missingPatients(loadables), atOnce, makePlaceholder);
  const transactions = loadables.filter(isTransaction);
  for (const early of [true, false])
    await inTurns(
      transactions.filter((one) => isReference(one) === early),
      atOnce,
      loadTransaction,
    );
  const turnOf = ({ resource: { resourceType } }: Loadable): number =>
    first.includes(resourceType) ? 0 : last.includes(resourceType) ? 2 : 1;
  for (const turn of [0, 1, 2])
    await inTurns(
      singles.filter((one) => turnOf(one) === turn),
      atOnce,
      loadResource,
    );
  await inTurns(stored, atOnce, find);
  report();
}

async function makePlaceholder(id: string): Promise<void> {
  if ((await callFhir(user, 'GET', `/Patient/${id}`)).status === 200) return;
  const answer = await callFhir(user, 'PUT', `/Patient/${id}`, {
    resourceType: 'Patient',
    id,
    meta: { tag: [placeholder] },
  });
  if (answer.status === 201) made += 1;
  else note(`Patient/${id} (placeholder)`, answer);
}

async function loadTransaction({ file, resource }: Loadable): Promise<void> {
  const size = resource.entry?.length ?? 0;
  incoming += size;
  const answer = await callFhir(user, 'POST', '', resource);
  if (answer.status !== 200) return note(`${file} (${size} entries)`, answer);
  for (const { response } of (answer.body as { entry: { response: { location: string } }[] }).entry) {
    const [type = '', id = ''] = response.location.split('/');
    stored.push({ type, id });
  }
  progress();
}

async function loadResource({ file, resource }: Loadable): Promise<void> {
  incoming += 1;
  const { resourceType: type, id } = resource;
  // An AuditEvent joins the trail and gets its id there.
  const answer =
    id === undefined || type === 'AuditEvent'
      ? await callFhir(user, 'POST', `/${type}`, resource)
      : await callFhir(user, 'PUT', `/${type}/${id}`, resource);
  if (answer.status !== 200 && answer.status !== 201) return note(`${file}: ${type}/${id ?? '(new)'}`, answer);
  stored.push({ type, id: String((answer.body as { id: string }).id) });
  progress();
}

/** The trail is read by auditors alone, an entry by its id; everything else is found by search. */
async function find({ type, id }: { readonly type: string; readonly id: string }): Promise<void> {
  const answer =
    type === 'AuditEvent'
      ? await callFhir(auditor, 'GET', `/AuditEvent/${id}`)
      : await callFhir(user, 'GET', `/${type}?_id=${id}`);
  const there = type === 'AuditEvent' || (answer.body as { total?: number }).total === 1;
  if (answer.status === 200 && there) found += 1;
  else missing.push(`${type}/${id} (${answer.status})`);
  progress();
}

/** A refusal names what is wrong with the resource; anything else is a failure of the load. */
function note(what: string, answer: Answer): void {
  const { status } = answer;
  const isWrong = status >= 400 && status < 500 && ![401, 403, 429].includes(status);
  (isWrong ? refused : failed).push(`${status}  ${what}: ${reasonOf(answer)}`);
  progress();
}

function progress(): void {
  if (!process.stderr.isTTY) return;
  const { length } = stored;
  process.stderr.write(`\r${length} stored, ${refused.length} refused, ${failed.length} failed, ${found} found `);
}

function report(): void {
  if (process.stderr.isTTY) process.stderr.write('\n');
  for (const line of [...refused, ...failed]) console.log(line);
  if (missing.length > 0) console.log(`not found by search: ${missing.join(', ')}`);
  if (made > 0) console.log(`${made} patients are named by the files and not in them: made as empty records.`);
  console.table({
    in: incoming,
    stored: stored.length,
    'found by search': found,
    refused: refused.length,
    failed: failed.length,
  });
  process.exitCode = failed.length > 0 || missing.length > 0 ? 1 : 0;
}

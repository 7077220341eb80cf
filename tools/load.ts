import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readEndpoints } from './endpoints.ts';
import { tokenFor } from './token-for.ts';

/**
 * `npm run load -- FILE… [--user NAME]`: loads FHIR resources, Bundles and NDJSON through the HTTP API. Patients come
 * first, so that what refers to them finds them; resources keep their ids. Prints progress, then a summary: in, stored,
 * found by search, refused with the reason. Exit 1 when something was not stored for another reason than being refused
 * as invalid, or when what was stored is not found.
 */
interface Resource {
  readonly resourceType: string;
  readonly id?: string;
  readonly type?: string;
  readonly entry?: readonly { readonly resource?: Resource }[];
}
interface Refusal {
  readonly what: string;
  readonly status: number;
  readonly why: string;
}

const args = process.argv.slice(2);
const userAt = args.indexOf('--user');
const stateAt = args.indexOf('--state');
const user = userAt < 0 ? 'integration' : (args[userAt + 1] ?? '');
const files = args.filter(
  (argument, index) => !argument.startsWith('--') && ![userAt, stateAt].some((at) => at >= 0 && index === at + 1),
);
const { functions } = readEndpoints();
const atOnce = 8;

if (files.length === 0) {
  console.error('Which files? npm run load -- patients.json bundle.json more.ndjson [--user integration]');
  process.exit(1);
}

const stored: { type: string; id: string }[] = [];
const refused: Refusal[] = [];
const failed: Refusal[] = [];
let incoming = 0;

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(new URL(path, functions), {
    method,
    headers: { authorization: `Bearer ${await tokenFor(user)}`, 'content-type': 'application/fhir+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, answer: text === '' ? undefined : JSON.parse(text) };
}

/** A refusal names what is wrong with the resource; anything else is a failure of the load. */
function note(what: string, status: number, answer: unknown): void {
  const { issue = [] } = (answer ?? {}) as { issue?: { details?: { text?: string }; expression?: string[] }[] };
  const why = issue
    .map(({ details, expression }) => `${expression?.[0] ?? ''} ${details?.text ?? ''}`.trim())
    .join('; ');
  (status >= 400 && status < 500 && status !== 401 && status !== 403 && status !== 429 ? refused : failed).push({
    what,
    status,
    why,
  });
}

async function loadTransaction(name: string, bundle: Resource): Promise<void> {
  const size = bundle.entry?.length ?? 0;
  incoming += size;
  const { status, answer } = await call('POST', '/fhir', bundle);
  if (status !== 200) return note(`${name} (${size} entries)`, status, answer);
  for (const { response } of (answer as { entry: { response: { location: string } }[] }).entry) {
    const [type = '', id = ''] = response.location.split('/');
    stored.push({ type, id });
  }
}

async function loadResource(name: string, resource: Resource): Promise<void> {
  incoming += 1;
  const { resourceType: type, id } = resource;
  const { status, answer } =
    id === undefined
      ? await call('POST', `/fhir/${type}`, resource)
      : await call('PUT', `/fhir/${type}/${id}`, resource);
  if (status !== 200 && status !== 201) return note(`${name}: ${type}/${id ?? '(new)'}`, status, answer);
  stored.push({ type, id: String((answer as Resource).id) });
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < items.length; index = next++) {
        await work(items[index] as T);
        process.stderr.write(`\r${stored.length} stored, ${refused.length} refused, ${failed.length} failed `);
      }
    }),
  );
}

const read = files.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  const resources = file.endsWith('.ndjson')
    ? text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Resource)
    : [JSON.parse(text) as Resource];
  return resources.map((resource) => ({ name: basename(file), resource }));
});
const isTransaction = ({ resource }: { resource: Resource }): boolean =>
  resource.resourceType === 'Bundle' && resource.type === 'transaction';
const singles = read.filter((one) => !isTransaction(one));
await inTurns(read.filter(isTransaction), ({ name, resource }) => loadTransaction(name, resource));
const first = (type: string): boolean =>
  ['Patient', 'Organization', 'Location', 'Practitioner', 'Group', 'Device'].includes(type);
for (const early of [true, false])
  await inTurns(
    singles.filter(({ resource }) => first(resource.resourceType) === early),
    ({ name, resource }) => loadResource(name, resource),
  );

let found = 0;
const missing: string[] = [];
await inTurns(stored, async ({ type, id }) => {
  const { status, answer } = await call('GET', `/fhir/${type}?_id=${id}`);
  if (status === 200 && (answer as { total: number }).total === 1) found += 1;
  else missing.push(`${type}/${id} (${status})`);
});
process.stderr.write('\n');
for (const { what, status, why } of [...refused, ...failed]) console.log(`${status}  ${what}: ${why}`);
if (missing.length > 0)
  console.log(`not found by search: ${missing.slice(0, 20).join(', ')}${missing.length > 20 ? ' …' : ''}`);
console.table({
  in: incoming,
  stored: stored.length,
  'found by search': found,
  refused: refused.length,
  failed: failed.length,
});
process.exitCode = failed.length > 0 || missing.length > 0 ? 1 : 0;

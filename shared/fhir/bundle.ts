import { WardlineError } from '../errors.ts';
import { isFhirId } from './fhir-id.ts';
import { type FhirResource, isResource } from './resource.ts';

/** One entry of a batch or transaction. */
export interface BundleEntry {
  /** Place in the Bundle. */
  readonly index: number;
  readonly fullUrl: string | undefined;
  readonly method: (typeof order)[number];
  /** As it was written, relative to the base. */
  readonly url: string;
  readonly type: string;
  readonly id: string | undefined;
  /** Search criteria instead of an id (http://hl7.org/fhir/R4/http.html#cond-update). */
  readonly criteria: string | undefined;
  /** What a POST or PUT carries; of a PATCH the Parameters or the JSON Patch. */
  readonly resource: FhirResource | undefined;
  readonly patch: unknown;
  readonly conditions: Conditions;
}

/** What Bundle.entry.request asks besides, each as the header of the same name would. */
export type Conditions = Partial<Record<(typeof conditionNames)[number], string>>;

type Json = Readonly<Record<string, unknown>>;

const maximumEntries = 500;
const order = ['DELETE', 'POST', 'PUT', 'PATCH', 'GET'] as const;
const conditionNames = ['ifMatch', 'ifNoneMatch', 'ifModifiedSince', 'ifNoneExist'] as const;

/**
 * The entries in the order of their processing (http://hl7.org/fhir/R4/http.html#trules).
 * @throws WardlineError naming the entry that is wrong
 */
export function planBundle(bundle: FhirResource): BundleEntry[] {
  const entries = entriesOf(bundle).map(readEntry);
  const urls = new Set<string>();
  for (const { fullUrl, index } of entries) {
    if (fullUrl === undefined) continue;
    if (urls.has(fullUrl)) throw wrong(`Bundle.entry[${index}].fullUrl`, 'Another entry has this fullUrl.');
    urls.add(fullUrl);
  }
  return inOrderOfProcessing(entries);
}

/** @throws WardlineError `invalid-body`, `too-large` */
export function entriesOf(bundle: FhirResource): readonly unknown[] {
  const listed: unknown = bundle['entry'] ?? [];
  if (!Array.isArray(listed)) throw wrong('Bundle.entry', 'A Bundle holds a list of entries.');
  if (listed.length > maximumEntries)
    throw new WardlineError('too-large', `A Bundle may have at most ${maximumEntries} entries; split it.`, {
      expression: 'Bundle.entry',
    });
  return listed;
}

export const inOrderOfProcessing = <T extends Pick<BundleEntry, 'method' | 'index'>>(entries: readonly T[]): T[] =>
  [...entries].sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method) || a.index - b.index);

/** @throws WardlineError `invalid-body`, naming what is wrong */
export function readEntry(entry: unknown, index: number): BundleEntry {
  const at = `Bundle.entry[${index}]`;
  if (!isObject(entry)) throw wrong(at, 'An entry is an object.');
  const { request, resource, fullUrl } = entry;
  if (!isObject(request)) throw wrong(`${at}.request`, 'An entry says in request what to do.');
  const named = readRequest(request, at);
  const { method, type, id } = named;
  const carries = method === 'POST' || method === 'PUT';
  if (carries && !(isResource(resource) && resource.resourceType === type))
    throw wrong(`${at}.resource`, 'The entry needs a resource of the type that its url names.');
  if (method === 'PUT' && id !== undefined && isResource(resource) && resource.id !== id)
    throw wrong(`${at}.resource.id`, 'The id of the resource must be that of the url.');
  return {
    index,
    fullUrl: typeof fullUrl === 'string' ? fullUrl : undefined,
    ...named,
    resource: carries && isResource(resource) ? resource : undefined,
    patch: method === 'PATCH' ? patchIn(resource, at) : undefined,
    conditions: Object.fromEntries(
      conditionNames.flatMap((name) => (typeof request[name] === 'string' ? [[name, request[name]]] : [])),
    ),
  };
}

function readRequest(request: Json, at: string): Pick<BundleEntry, 'method' | 'url' | 'type' | 'id' | 'criteria'> {
  const method = order.find((one) => one === request['method']);
  if (method === undefined) throw wrong(`${at}.request.method`, `The method must be one of ${order.join(', ')}.`);
  const url = String(request['url'] ?? '').replace(/^\//, '');
  const [path = '', criteria] = splitQuery(url);
  const [type = '', id, ...rest] = path.split('/');
  // A read may be any: which there are decides what answers it.
  if (method === 'GET') return { method, url, type, id, criteria };
  const bound = id === undefined ? criteria !== undefined : criteria === undefined && isFhirId(id);
  const fits = method === 'POST' ? id === undefined && criteria === undefined : bound;
  if (!/^[A-Z][A-Za-z]+$/.test(type) || !fits || rest.length > 0)
    throw wrong(
      `${at}.request.url`,
      'The url is Type for POST, and Type/id or Type?criteria for PUT, PATCH and DELETE.',
    );
  return { method, url, type, id, criteria };
}

function splitQuery(url: string): [string, string | undefined] {
  const mark = url.indexOf('?');
  return mark === -1 ? [url, undefined] : [url.slice(0, mark), url.slice(mark + 1)];
}

/** A Parameters resource, or a Binary that holds a JSON Patch (http://hl7.org/fhir/R4/http.html#patch). */
function patchIn(resource: unknown, at: string): unknown {
  if (isResource(resource) && resource.resourceType === 'Parameters') return resource;
  if (isResource(resource) && resource.resourceType === 'Binary' && typeof resource['data'] === 'string') {
    try {
      return JSON.parse(Buffer.from(resource['data'], 'base64').toString('utf8'));
    } catch (cause) {
      throw new WardlineError('invalid-body', 'The Binary holds no JSON Patch.', {
        expression: `${at}.resource`,
        cause,
      });
    }
  }
  throw wrong(`${at}.resource`, 'A PATCH carries Parameters (FHIRPath Patch) or a Binary (JSON Patch).');
}

const wrong = (expression: string, message: string): WardlineError =>
  new WardlineError('invalid-body', message, { expression });

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** References that are searches (`Patient?identifier=…`), wherever they stand (http.html#trules). */
export function conditionalReferencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(conditionalReferencesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name !== 'reference' || typeof inner !== 'string') return conditionalReferencesIn(inner);
    return /^[A-Z][A-Za-z]+\?/.test(inner) ? [inner] : [];
  });
}

/**
 * The resource with every reference that `map` knows replaced (http.html#trules: also in nested elements), and every
 * address of an attachment. The `url` of an extension names what it is, and nothing else.
 */
export function rewriteReferences(resource: FhirResource, map: ReadonlyMap<string, string>): FhirResource {
  const rewrite = (value: unknown, within = ''): unknown => {
    if (Array.isArray(value)) return value.map((item) => rewrite(item, within));
    if (!isObject(value)) return value;
    const refers = (name: string): boolean =>
      name === 'reference' || (name === 'url' && within !== 'extension' && within !== 'modifierExtension');
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        refers(name) && typeof inner === 'string' ? (map.get(inner) ?? inner) : rewrite(inner, name),
      ]),
    );
  };
  return rewrite(resource) as FhirResource;
}

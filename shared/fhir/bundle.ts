import { WardlineError } from '../errors.ts';
import { isFhirId } from './fhir-id.ts';
import { type FhirResource, isResource } from './resource.ts';

/** One entry of a transaction. */
export interface BundleEntry {
  /** Place in the Bundle. */
  readonly index: number;
  readonly fullUrl: string | undefined;
  readonly method: 'DELETE' | 'POST' | 'PUT' | 'GET';
  readonly type: string;
  readonly id: string | undefined;
  readonly resource: FhirResource | undefined;
  readonly ifMatch: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const maximumEntries = 500;
const order = ['DELETE', 'POST', 'PUT', 'GET'] as const;

/**
 * The entries in the order of their processing (http://hl7.org/fhir/R4/http.html#trules).
 * @throws WardlineError naming the entry that is wrong
 */
export function planBundle(bundle: FhirResource): BundleEntry[] {
  const listed: unknown = bundle['entry'] ?? [];
  if (!Array.isArray(listed)) throw wrong('Bundle.entry', 'A Bundle holds a list of entries.');
  if (listed.length > maximumEntries)
    throw new WardlineError('too-large', `A Bundle may have at most ${maximumEntries} entries; split it.`, {
      expression: 'Bundle.entry',
    });
  const entries = listed.map(readEntry);
  const urls = new Set<string>();
  for (const { fullUrl, index } of entries) {
    if (fullUrl === undefined) continue;
    if (urls.has(fullUrl)) throw wrong(`Bundle.entry[${index}].fullUrl`, 'Another entry has this fullUrl.');
    urls.add(fullUrl);
  }
  return entries.sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method) || a.index - b.index);
}

function readEntry(entry: unknown, index: number): BundleEntry {
  const at = `Bundle.entry[${index}]`;
  if (!isObject(entry)) throw wrong(at, 'An entry is an object.');
  const { request, resource, fullUrl } = entry;
  if (!isObject(request)) throw wrong(`${at}.request`, 'An entry says in request what to do.');
  const { method, type, id } = readRequest(request, at);
  const carries = method === 'POST' || method === 'PUT';
  if (carries && !(isResource(resource) && resource.resourceType === type))
    throw wrong(`${at}.resource`, 'The entry needs a resource of the type that its url names.');
  if (method === 'PUT' && isResource(resource) && resource.id !== id)
    throw wrong(`${at}.resource.id`, 'The id of the resource must be that of the url.');
  if (carries && hasConditionalReference(resource))
    throw new WardlineError('not-supported', 'References that are searches (Type?…) are not supported.', {
      expression: `${at}.resource`,
    });
  return {
    index,
    fullUrl: typeof fullUrl === 'string' ? fullUrl : undefined,
    method,
    type,
    id,
    resource: carries && isResource(resource) ? resource : undefined,
    ifMatch: typeof request['ifMatch'] === 'string' ? request['ifMatch'] : undefined,
  };
}

function readRequest(request: Json, at: string): Pick<BundleEntry, 'method' | 'type' | 'id'> {
  const method = order.find((one) => one === request['method']);
  if (method === undefined) throw wrong(`${at}.request.method`, 'The method must be GET, POST, PUT or DELETE.');
  for (const condition of ['ifNoneExist', 'ifNoneMatch', 'ifModifiedSince'])
    if (request[condition] !== undefined)
      throw new WardlineError('not-supported', 'Conditional requests are not supported here, ifMatch excepted.', {
        expression: `${at}.request.${condition}`,
      });
  const [type = '', id, ...rest] = String(request['url'] ?? '').split('/');
  const named = id === undefined ? method === 'POST' : method !== 'POST' && isFhirId(id);
  if (!/^[A-Z][A-Za-z]+$/.test(type) || !named || rest.length > 0)
    throw wrong(`${at}.request.url`, 'The url is Type for POST and Type/id for others; searches are not supported.');
  return { method, type, id };
}

const wrong = (expression: string, message: string): WardlineError =>
  new WardlineError('invalid-body', message, { expression });

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function hasConditionalReference(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasConditionalReference);
  return (
    isObject(value) &&
    Object.entries(value).some(([name, inner]) =>
      name === 'reference' && typeof inner === 'string'
        ? /^[A-Z][A-Za-z]+\?/.test(inner)
        : hasConditionalReference(inner),
    )
  );
}

/** The resource with every reference that `map` knows replaced (http.html#trules: also in nested elements). */
export function rewriteReferences(resource: FhirResource, map: ReadonlyMap<string, string>): FhirResource {
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        name === 'reference' && typeof inner === 'string' ? (map.get(inner) ?? inner) : rewrite(inner),
      ]),
    );
  };
  return rewrite(resource) as FhirResource;
}

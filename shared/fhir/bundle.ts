import { WardlineError } from '../errors.ts';
import { type FhirResource, isResource } from './resource.ts';

/** One entry of a transaction or batch. */
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

const maximumEntries = 500;
const order = ['DELETE', 'POST', 'PUT', 'GET'] as const;

/**
 * The entries in the order of their processing (http://hl7.org/fhir/R4/http.html#trules).
 * @throws WardlineError naming the entry that is wrong
 */
export function planBundle(bundle: FhirResource): BundleEntry[] {
  const entries = Array.isArray(bundle['entry']) ? (bundle['entry'] as Record<string, unknown>[]) : [];
  if (entries.length > maximumEntries)
    throw new WardlineError('too-large', `A Bundle may have at most ${maximumEntries} entries; split it.`, {
      expression: 'Bundle.entry',
    });
  return entries.map(readEntry).sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method) || a.index - b.index);
}

function readEntry(entry: Record<string, unknown>, index: number): BundleEntry {
  const at = `Bundle.entry[${index}]`;
  const request = (entry['request'] ?? {}) as Record<string, unknown>;
  const method = order.find((one) => one === request['method']);
  if (method === undefined)
    throw new WardlineError('invalid-body', 'The method must be GET, POST, PUT or DELETE.', {
      expression: `${at}.request.method`,
    });
  if (request['ifNoneExist'] !== undefined)
    throw new WardlineError('not-supported', 'Conditional creates are not supported.', {
      expression: `${at}.request.ifNoneExist`,
    });
  const url = String(request['url'] ?? '');
  const match = /^([A-Z][A-Za-z]+)(?:\/([A-Za-z0-9.-]{1,64}))?$/.exec(url);
  if (match === null)
    throw new WardlineError(
      'invalid-body',
      'The url must be Type or Type/id; conditional requests are not supported.',
      { expression: `${at}.request.url` },
    );
  const resource = entry['resource'];
  if ((method === 'POST' || method === 'PUT') && !isResource(resource))
    throw new WardlineError('invalid-body', 'The entry needs a resource.', { expression: `${at}.resource` });
  return {
    index,
    fullUrl: typeof entry['fullUrl'] === 'string' ? entry['fullUrl'] : undefined,
    method,
    type: match[1] ?? '',
    id: match[2],
    resource: isResource(resource) ? resource : undefined,
    ifMatch: typeof request['ifMatch'] === 'string' ? request['ifMatch'] : undefined,
  };
}

/** The resource with every reference that `map` knows replaced (http.html#trules: also in nested elements). */
export function rewriteReferences(resource: FhirResource, map: ReadonlyMap<string, string>): FhirResource {
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        name === 'reference' && typeof inner === 'string' ? (map.get(inner) ?? inner) : rewrite(inner),
      ]),
    );
  };
  return rewrite(resource) as FhirResource;
}

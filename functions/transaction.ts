import type { Call, Ods } from '../shared/context.ts';
import { type Problem, WardlineError } from '../shared/errors.ts';
import {
  type BundleEntry,
  type FhirResource,
  planBundle,
  rewriteReferences,
  type Validate,
} from '../shared/fhir/index.ts';
import type { Change, Records } from '../shared/records/index.ts';

/**
 * Carries out a transaction Bundle, all or nothing (http://hl7.org/fhir/R4/http.html#transaction).
 * @returns the response Bundle and the session.
 */
export async function runTransaction(
  records: Records,
  validate: Validate,
  call: Call,
  trust: Ods,
  bundle: FhirResource,
): Promise<{ response: object; session: string }> {
  if (bundle['type'] !== 'transaction')
    throw new WardlineError('not-supported', 'Only Bundles of type transaction are supported here.', {
      expression: 'Bundle.type',
    });
  const entries = planBundle(bundle);
  if (entries.length === 0)
    return {
      response: { resourceType: 'Bundle', type: 'transaction-response', entry: [] },
      session: call.session ?? '',
    };
  if (entries.some(({ method }) => method === 'GET'))
    throw new WardlineError('not-supported', 'Reads inside a transaction are not supported.', {
      expression: 'Bundle.entry.request.method',
    });
  const trail = entries.find(({ type }) => type === 'AuditEvent');
  if (trail !== undefined)
    throw new WardlineError('method-not-allowed', 'An AuditEvent is no part of a transaction.', {
      expression: `Bundle.entry[${trail.index}]`,
    });
  const assigned = assignIds(records, trust, entries);
  const rewritten = entries.map((entry) => withReferences(entry, assigned.references));
  await validateAll(rewritten, validate);
  const changes = rewritten.map((entry) => toChange(entry, assigned.ids));
  const { changes: done, session } = await records.commit(call, trust, changes, {
    subtype: 'transaction',
    action: 'E',
  });
  const responses = entries
    .map(({ index }, at) => ({ index, done: done[at] }))
    .sort((a, b) => a.index - b.index)
    .map(({ done: one }) => ({
      response: {
        status: one?.change === 'created' ? '201 Created' : one?.change === 'deleted' ? '204 No Content' : '200 OK',
        location: `${one?.type}/${one?.id}/_history/${one?.versionId}`,
        etag: `W/"${one?.versionId}"`,
        lastModified: one?.lastUpdated,
      },
    }));
  return { response: { resourceType: 'Bundle', type: 'transaction-response', entry: responses }, session };
}

/** More would help nobody. */
const mostProblems = 100;

interface Assigned {
  /** By place in the Bundle. */
  readonly ids: ReadonlyMap<number, string>;
  /** What each fullUrl of a new resource becomes. */
  readonly references: ReadonlyMap<string, string>;
}

/** New ids first, patients before those who refer to them, so that references can be rewritten. */
function assignIds(records: Records, trust: Ods, entries: readonly BundleEntry[]): Assigned {
  const ids = new Map<number, string>();
  const references = new Map<string, string>();
  const note = ({ index, fullUrl, type }: BundleEntry, id: string): void => {
    ids.set(index, id);
    if (fullUrl === undefined) return;
    references.set(fullUrl, `${type}/${id}`);
    // Exported Bundles have absolute URLs, and references relative to them.
    const relative = /\/([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})$/.exec(fullUrl)?.[1];
    if (relative !== undefined) references.set(relative, `${type}/${id}`);
  };
  for (const entry of entries) if (entry.method === 'PUT' && entry.id !== undefined) note(entry, entry.id);
  const posted = entries.filter((entry) => entry.method === 'POST' && entry.resource !== undefined);
  for (const entry of [
    ...posted.filter(({ type }) => type === 'Patient'),
    ...posted.filter(({ type }) => type !== 'Patient'),
  ]) {
    if (entry.resource !== undefined)
      note(entry, records.assignId(trust, entry.resource, (reference) => references.get(reference)).id);
  }
  return { ids, references };
}

const withReferences = (entry: BundleEntry, references: ReadonlyMap<string, string>): BundleEntry =>
  entry.resource === undefined ? entry : { ...entry, resource: rewriteReferences(entry.resource, references) };

/** @throws WardlineError `invalid-resource` with the problems of all entries */
async function validateAll(entries: readonly BundleEntry[], validate: Validate): Promise<void> {
  const problems: Problem[] = [];
  for (const { index, type, resource } of entries) {
    if (resource === undefined) continue;
    try {
      await validate(resource, type);
    } catch (error) {
      if (!(error instanceof WardlineError)) throw error;
      const at = `Bundle.entry[${index}].resource`;
      for (const { expression = '', ...problem } of error.problems)
        problems.push({ ...problem, expression: expression.replace(/^[A-Z][A-Za-z]*/, at) });
    }
  }
  if (problems.length > 0)
    throw new WardlineError('invalid-resource', 'The Bundle holds resources that are not valid FHIR R4.', {
      problems: problems.slice(0, mostProblems),
    });
}

function toChange(entry: BundleEntry, ids: ReadonlyMap<number, string>): Change {
  const { index, method, type, id = '', ifMatch } = entry;
  const resource = entry.resource ?? { resourceType: type };
  const version = ifMatch === undefined ? {} : { ifMatch: versionIn(ifMatch) };
  if (method === 'DELETE') return { kind: 'delete', type, id, ...version };
  if (method === 'PUT') return { kind: 'update', type, id, resource, allowCreate: true, ...version };
  return { kind: 'create', resource, id: ids.get(index) ?? '' };
}

/** `W/"3"` names version 3. @throws WardlineError `invalid-parameter` */
export function versionIn(etag: string): string {
  const version = /^(?:W\/)?"([^"]+)"$/.exec(etag)?.[1];
  if (version === undefined)
    throw new WardlineError('invalid-parameter', 'If-Match takes a version such as W/"3".', { expression: 'If-Match' });
  return version;
}

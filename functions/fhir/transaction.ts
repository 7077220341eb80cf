import { hasCode, WardlineError } from '../../shared/errors.ts';
import { type BundleEntry, type FhirResource, planBundle, rewriteReferences } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import { AlreadyCreated, type Change, type Committed } from '../../shared/records/index.ts';
import { answerOf, type Entries, serveEntry } from './batch.ts';
import { versionIn } from './etag.ts';
import { preferencesOf } from './prefer.ts';
import { bundleReply } from './reply.ts';
import { type Resolved, resolveEntries } from './resolve-entries.ts';
import { validateEntries } from './validate-entries.ts';
import type { WriteUse } from './write.ts';

/** Others may create what a condition asked for between the search and the commit: then it is searched again. */
const attemptsAtMost = 5;

/** Carries out a transaction Bundle, all or nothing (http://hl7.org/fhir/R4/http.html#transaction); reads come last. */
export async function runTransaction(
  use: WriteUse,
  entries: Entries,
  request: AuthorisedRequest,
  bundle: FhirResource,
): Promise<Reply> {
  const planned = planBundle(bundle);
  const trail = planned.find(({ type, method }) => type === 'AuditEvent' && method !== 'GET');
  if (trail !== undefined)
    throw new WardlineError('method-not-allowed', 'An AuditEvent is no part of a transaction.', {
      expression: `Bundle.entry[${trail.index}]`,
    });
  const writes = planned.filter(({ method }) => method !== 'GET');
  const done = await commitAll(use, entries, request, writes);
  const answers = new Map<number, object>(done.answers);
  for (const entry of planned.filter(({ method }) => method === 'GET')) {
    const reply = await serveEntry(entries, request, entry, done.session);
    answers.set(entry.index, answerOf(reply));
  }
  const entry = [...answers].sort(([a], [b]) => a - b).map(([, answer]) => answer);
  return bundleReply(
    'transaction-response',
    done.session,
    { entry },
    done.committed ? { audited: 'in-commit' } : { disclosed: { subtype: 'transaction', action: 'E' } },
  );
}

interface Done {
  /** By place in the Bundle. */
  readonly answers: ReadonlyMap<number, object>;
  readonly session: string;
  /** Something was written, and the entry of the request with it. */
  readonly committed: boolean;
}

async function commitAll(
  use: WriteUse,
  { scope }: Entries,
  request: AuthorisedRequest,
  writes: readonly BundleEntry[],
): Promise<Done> {
  const claimed = new Map<string, string>();
  const gone = new Map<string, string>();
  for (let attempt = 0; attempt < attemptsAtMost; attempt++) {
    const resolved = await resolveEntries(use, request, scope, writes, claimed);
    const ready = assignIds(use, scope.trust, resolved, gone);
    await validateEntries(use.validateResource, ready);
    try {
      const changes = ready.flatMap(({ change }) => change ?? []);
      const committed = await use.records.commit(request.call, scope.trust, changes, {
        subtype: 'transaction',
        action: 'E',
      });
      return {
        answers: answersOf(request, ready, committed),
        session: committed.session,
        committed: changes.length > 0,
      };
    } catch (error) {
      if (!(error instanceof AlreadyCreated)) throw error;
      const { criteria, ref } = error;
      const name = `${ref.type}?${criteria}`;
      const stands = await use.records.read(request.call, scope.trust, ref).then(
        () => true,
        (cause: unknown) => {
          if (hasCode(cause, 'gone', 'not-found')) return false;
          throw cause;
        },
      );
      if (stands) claimed.set(name, ref.id);
      else gone.set(name, ref.id);
    }
  }
  throw new WardlineError('conflict', 'Others create the same resources: try again.', { retryAfter: 1 });
}

/** An entry with its references resolved, and what it changes; undefined: what it asks for is there already. */
export interface Ready extends Resolved {
  readonly change: Change | undefined;
}

/** New ids first, patients before those who refer to them, so that references can be rewritten. */
function assignIds(
  { records }: WriteUse,
  trust: string,
  resolved: readonly Resolved[],
  gone: ReadonlyMap<string, string>,
): Ready[] {
  const ids = new Map<number, string>();
  const references = new Map<string, string>();
  const note = ({ entry: { index, fullUrl, type } }: Resolved, id: string): void => {
    ids.set(index, id);
    if (fullUrl === undefined) return;
    references.set(fullUrl, `${type}/${id}`);
    // Exported Bundles have absolute URLs, and references relative to them.
    const relative = /\/([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})$/.exec(fullUrl)?.[1];
    if (relative !== undefined) references.set(relative, `${type}/${id}`);
  };
  for (const one of resolved) if (one.id !== undefined) note(one, one.id);
  const isPatient = ({ entry }: Resolved): number => Number(entry.type === 'Patient');
  const created = resolved.filter(({ kind }) => kind === 'create').sort((a, b) => isPatient(b) - isPatient(a));
  for (const one of created)
    if (one.resource !== undefined)
      note(one, records.assignId(trust, one.resource, (reference) => references.get(reference)).id);
  return resolved.map((one) => {
    const resource = one.resource === undefined ? undefined : rewriteReferences(one.resource, references);
    const rewritten = { ...one, ...(resource === undefined ? {} : { resource }) };
    return { ...rewritten, change: toChange(rewritten, ids, gone) };
  });
}

function toChange(
  { entry, kind, id, ifMatch, resource, criteria }: Resolved,
  ids: ReadonlyMap<number, string>,
  gone: ReadonlyMap<string, string>,
): Change | undefined {
  const { type, conditions } = entry;
  const version = conditions.ifMatch === undefined ? ifMatch : versionIn(conditions.ifMatch);
  const bound = version === undefined ? {} : { ifMatch: version };
  if (kind === 'nothing') return undefined;
  if (kind === 'delete') return { kind, type, id: id ?? '', ...bound };
  if (resource === undefined) return undefined;
  if (kind === 'update')
    return { kind, type, id: id ?? '', resource: { ...resource, id: id ?? '' }, allowCreate: true, ...bound };
  const over = criteria === undefined ? undefined : gone.get(`${type}?${criteria}`);
  return {
    kind,
    resource,
    id: ids.get(entry.index) ?? '',
    ...(criteria === undefined ? {} : { claim: { criteria, ...(over === undefined ? {} : { over }) } }),
  };
}

const statuses = { created: '201 Created', updated: '200 OK', deleted: '204 No Content' } as const;

function answersOf(
  { headers }: AuthorisedRequest,
  ready: readonly Ready[],
  { changes }: Committed,
): Map<number, object> {
  const wanted = preferencesOf(headers).asked;
  const answers = new Map<number, object>();
  const waiting = [...changes];
  for (const { entry, change, id } of ready) {
    const done = change === undefined ? undefined : waiting.shift();
    if (done === undefined) {
      const location = id === undefined ? {} : { location: `${entry.type}/${id}` };
      answers.set(entry.index, {
        response: { status: entry.method === 'DELETE' ? '204 No Content' : '200 OK', ...location },
      });
      continue;
    }
    answers.set(entry.index, {
      ...(wanted === 'representation' && done.resource !== undefined ? { resource: done.resource } : {}),
      response: {
        status: statuses[done.change],
        location: `${done.type}/${done.id}/_history/${done.versionId}`,
        etag: `W/"${done.versionId}"`,
        lastModified: done.lastUpdated,
      },
    });
  }
  return answers;
}

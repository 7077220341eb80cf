import { WardlineError } from '../../shared/errors.ts';
import { dateRange, parseMoment } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { HistoryQuery, StoredResource } from '../../shared/records/index.ts';
import { openCursor, sealCursor } from './cursor.ts';
import { disclosed } from './disclosed.ts';
import type { FhirApp } from './fhir-app.ts';
import { bundleReply } from './reply.ts';
import { refOf, type Scope, scopeOf } from './scope.ts';

type Use = Pick<FhirApp, 'records' | 'config' | 'keyring'>;
const defaultCount = 50;
const maximumCount = 200;

/** http://hl7.org/fhir/R4/http.html#history of one resource: all its versions, newest first. */
export async function resourceHistory(use: Use, request: AuthorisedRequest): Promise<Reply> {
  const { records, config } = use;
  const ref = refOf(request);
  const scope = scopeOf(request, config.publicOrigin);
  const asked = await historyAsked(use, request, scope);
  const { versions, session } = await records.history(request.call, scope.trust, ref);
  const fitting = versions.filter((version, index) => {
    const moment = Date.parse(version.lastUpdated);
    const until = Date.parse(versions[index - 1]?.lastUpdated ?? '') || Number.POSITIVE_INFINITY;
    return (
      moment >= (asked.since ?? 0) &&
      moment < (asked.before ?? Number.POSITIVE_INFINITY) &&
      (asked.at === undefined || (moment <= asked.at && until > asked.at))
    );
  });
  const page = fitting.slice(0, asked.count);
  const last = page.at(-1);
  const before = fitting.length > page.length && last !== undefined ? { before: Date.parse(last.lastUpdated) } : {};
  const all = asked.since === undefined && asked.before === undefined && asked.at === undefined;
  return historyReply(use, request, scope, `${ref.type}/${ref.id}/_history`, asked, {
    versions: page,
    session,
    ...before,
    ...(all ? { total: versions.length } : {}),
  });
}

/** The same of a type, or of everything that the caller may see. */
export async function historyOfMany(use: Use, request: AuthorisedRequest, type?: string): Promise<Reply> {
  const scope = scopeOf(request, use.config.publicOrigin);
  const asked = { ...(await historyAsked(use, request, scope)), ...(type === undefined ? {} : { type }) };
  const page = await use.records.historyOf(request.call, scope.trust, asked);
  return historyReply(use, request, scope, type === undefined ? '_history' : `${type}/_history`, asked, page);
}

/** @throws WardlineError `invalid-parameter` */
async function historyAsked({ keyring }: Use, { query, call }: AuthorisedRequest, scope: Scope): Promise<HistoryQuery> {
  const asked: { count: number; since?: number; at?: number } = { count: defaultCount };
  for (const [name, value] of query) {
    if (name === '_cursor') return openCursor<HistoryQuery>(keyring, call, scope.trust, 'history', value);
    if (name === '_count') asked.count = countOf(value);
    else if (name === '_since') asked.since = sinceOf(value);
    else if (name === '_at') asked.at = parseMoment(name, value);
    else if (name !== '_format' && name !== '_pretty')
      throw new WardlineError('invalid-parameter', 'A history takes _count, _since and _at.', {
        expression: 'history',
      });
  }
  return asked;
}

export function countOf(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new WardlineError('invalid-parameter', '_count takes a whole number from 1.', { expression: '_count' });
  return Math.min(Number(value), maximumCount);
}

export function sinceOf(value: string): number {
  const range = dateRange(value.replace(' ', '+'));
  if (range === undefined)
    throw new WardlineError('invalid-parameter', '_since takes a moment such as 2026-11-24T08:00:00Z.', {
      expression: '_since',
    });
  return range.from;
}

async function historyReply(
  { keyring }: Use,
  { call, query }: AuthorisedRequest,
  { base, trust }: Scope,
  path: string,
  asked: HistoryQuery,
  page: { versions: readonly StoredResource[]; session: string; before?: number; total?: number },
): Promise<Reply> {
  const parameters = String(query);
  const link = [{ relation: 'self', url: `${base}/${path}${parameters === '' ? '' : `?${parameters}`}` }];
  if (page.before !== undefined) {
    const cursor = await sealCursor(keyring, call, trust, 'history', { ...asked, before: page.before });
    link.push({ relation: 'next', url: `${base}/${path}?_cursor=${cursor}` });
  }
  const parts = {
    ...(page.total === undefined ? {} : { total: page.total }),
    link,
    entry: page.versions.map((version) => historyEntry(base, version)),
  };
  return bundleReply('history', page.session, parts, { disclosed: disclosed('history', page.versions) });
}

const methods = { created: 'POST', updated: 'PUT', deleted: 'DELETE' } as const;
const statuses = { created: '201', updated: '200', deleted: '204' } as const;

function historyEntry(base: string, { resource, change, versionId, lastUpdated }: StoredResource): object {
  const name = `${resource.resourceType}/${resource.id}`;
  return {
    fullUrl: `${base}/${name}`,
    ...(change === 'deleted' ? {} : { resource }),
    request: { method: methods[change], url: change === 'created' ? resource.resourceType : name },
    response: { status: statuses[change], etag: `W/"${versionId}"`, lastModified: lastUpdated },
  };
}

import { WardlineError } from '../shared/errors.ts';
import { type FhirResource, inOrder, isResource, parseSearch, resourceTypes } from '../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply, Route } from '../shared/http.ts';
import type { App } from './app.ts';
import { capabilityStatement } from './capability-statement.ts';
import { fhirJson, resourceReply } from './fhir-reply.ts';
import { runTransaction, versionIn } from './transaction.ts';

const types = new Set(resourceTypes);
const bundleLimit = 10 * 1024 * 1024;

/** FHIR R4 REST (http://hl7.org/fhir/R4/http.html), under the caller's own trust and under another's. */
export function recordRoutes(app: App): Route[] {
  return [...routesUnder(app, 'fhir', ''), ...routesUnder(app, 'trusts/{ods}/fhir', 'OfTrust')];
}

function routesUnder({ records, config, clock, validateResource }: App, base: string, suffix: string): Route[] {
  const fhir = { errors: 'fhir' } as const;
  const trustOf = ({ params, call }: AuthorisedRequest): string => params['ods'] ?? call.actor.trust;
  const typeOf = ({ params }: AuthorisedRequest): string => {
    const type = params['type'] ?? '';
    if (!types.has(type))
      throw new WardlineError('not-found', 'There is no such FHIR R4 resource type.', { expression: 'type' });
    return type;
  };
  const refOf = (request: AuthorisedRequest) => ({ type: typeOf(request), id: request.params['id'] ?? '' });
  const refuseAuditEvent = (type: string, what: string): void => {
    if (type === 'AuditEvent') throw new WardlineError('method-not-allowed', `An AuditEvent is never ${what}.`);
  };
  const link = (request: AuthorisedRequest, path: string): string =>
    `${config.publicOrigin}/${base.replace('{ods}', request.params['ods'] ?? '')}/${path}`;

  const search = async (request: AuthorisedRequest, parameters: URLSearchParams): Promise<Reply> => {
    const type = typeOf(request);
    const query = parseSearch(type, parameters);
    const { matches, total, patients, session } = await records.search(request.call, trustOf(request), query);
    const page = query.summary === 'count' ? [] : inOrder(query, matches).slice(0, query.count);
    return {
      status: 200,
      contentType: fhirJson,
      headers: { 'x-wardline-session': session },
      json: {
        resourceType: 'Bundle',
        type: 'searchset',
        total,
        link: [{ relation: 'self', url: link(request, request.method === 'GET' ? `${type}?${parameters}` : type) }],
        ...(query.summary === 'count'
          ? {}
          : {
              entry: page.map(({ resource }) => ({
                fullUrl: link(request, `${type}/${resource.id}`),
                resource,
                search: { mode: 'match' },
              })),
            }),
      },
      disclosed: {
        subtype: 'search',
        action: 'E',
        patients,
        entities: page.map(({ resource, versionId }) => ({ type, id: String(resource.id), versionId })),
        parameters: query.names,
      },
    };
  };

  return [
    {
      ...fhir,
      name: `metadata${suffix}`,
      method: 'GET',
      route: `${base}/metadata`,
      policy: 'public',
      handler: async () => ({
        status: 200,
        contentType: fhirJson,
        audited: 'not-needed',
        json: capabilityStatement(`${config.publicOrigin}/fhir`, clock.now()),
      }),
    },
    {
      ...fhir,
      name: `readResource${suffix}`,
      method: 'GET',
      route: `${base}/{type}/{id}`,
      policy: 'record:read',
      async handler(request) {
        const { found, session } = await records.read(request.call, trustOf(request), refOf(request));
        // Telling that nothing changed tells something too: the entry is the same.
        if (request.headers.get('if-none-match') === `W/"${found.versionId}"`)
          return {
            status: 304,
            headers: { etag: `W/"${found.versionId}"`, 'x-wardline-session': session },
            disclosed: disclosure('read', found),
          };
        return resourceReply(200, found.resource, session, { disclosed: disclosure('read', found) });
      },
    },
    {
      ...fhir,
      name: `readVersion${suffix}`,
      method: 'GET',
      route: `${base}/{type}/{id}/_history/{version}`,
      policy: 'record:read',
      async handler(request) {
        const { found, session } = await records.vread(
          request.call,
          trustOf(request),
          refOf(request),
          request.params['version'] ?? '',
        );
        if (found.deleted) throw new WardlineError('gone', 'This version is a deletion.');
        return resourceReply(200, found.resource, session, { disclosed: disclosure('vread', found) });
      },
    },
    {
      ...fhir,
      name: `readHistory${suffix}`,
      method: 'GET',
      route: `${base}/{type}/{id}/_history`,
      policy: 'record:read',
      async handler(request) {
        const ref = refOf(request);
        const { versions, session } = await records.history(request.call, trustOf(request), ref);
        const entry = versions.map(({ resource, change, versionId }) => ({
          fullUrl: link(request, `${ref.type}/${ref.id}`),
          ...(change === 'deleted' ? {} : { resource }),
          request: {
            method: change === 'created' ? 'POST' : change === 'updated' ? 'PUT' : 'DELETE',
            url: `${ref.type}/${ref.id}`,
          },
          response: { status: change === 'created' ? '201' : '200', etag: `W/"${versionId}"` },
        }));
        const patients = [...new Set(versions.flatMap(({ patient }) => patient ?? []))];
        return {
          status: 200,
          contentType: fhirJson,
          headers: { 'x-wardline-session': session },
          json: { resourceType: 'Bundle', type: 'history', total: versions.length, entry },
          disclosed: { subtype: 'history', action: 'R', patients, entities: [ref] },
        };
      },
    },
    {
      ...fhir,
      name: `createResource${suffix}`,
      method: 'POST',
      route: `${base}/{type}`,
      policy: 'record:write',
      async handler(request) {
        const type = typeOf(request);
        refuseAuditEvent(type, 'created from outside');
        const resource = await validateResource(await request.json(), type);
        const { changes, session } = await records.commit(
          request.call,
          trustOf(request),
          [{ kind: 'create', resource }],
          { subtype: 'create', action: 'C' },
        );
        return written(201, changes[0], session, (path) => link(request, path));
      },
    },
    {
      ...fhir,
      name: `updateResource${suffix}`,
      method: 'PUT',
      route: `${base}/{type}/{id}`,
      policy: 'record:write',
      async handler(request) {
        const { type, id } = refOf(request);
        refuseAuditEvent(type, 'updated');
        const resource = await validateResource(await request.json(), type);
        if (resource.id !== id)
          throw new WardlineError('invalid-body', 'The id of the body must be that of the address.', {
            expression: `${type}.id`,
          });
        const ifMatch = request.headers.get('if-match');
        const change = {
          kind: 'update' as const,
          type,
          id,
          resource,
          allowCreate: true,
          ...(ifMatch === null ? {} : { ifMatch: versionIn(ifMatch) }),
        };
        const { changes, session } = await records.commit(request.call, trustOf(request), [change], {
          subtype: 'update',
          action: 'U',
        });
        return written(changes[0]?.change === 'created' ? 201 : 200, changes[0], session, (path) =>
          link(request, path),
        );
      },
    },
    {
      ...fhir,
      name: `deleteResource${suffix}`,
      method: 'DELETE',
      route: `${base}/{type}/{id}`,
      policy: 'record:write',
      async handler(request) {
        const ref = refOf(request);
        refuseAuditEvent(ref.type, 'deleted');
        const ifMatch = request.headers.get('if-match');
        const change = {
          kind: 'delete' as const,
          ...ref,
          ...(ifMatch === null ? {} : { ifMatch: versionIn(ifMatch) }),
        };
        const { session } = await records.commit(request.call, trustOf(request), [change], {
          subtype: 'delete',
          action: 'D',
        });
        return { status: 204, headers: { 'x-wardline-session': session }, audited: 'in-commit' };
      },
    },
    {
      ...fhir,
      name: `searchByGet${suffix}`,
      method: 'GET',
      route: `${base}/{type}`,
      policy: 'record:search',
      handler: (request) => search(request, request.query),
    },
    {
      ...fhir,
      name: `searchByPost${suffix}`,
      method: 'POST',
      route: `${base}/{type}/_search`,
      policy: 'record:search',
      handler: async (request) => search(request, new URLSearchParams([...request.query, ...(await request.form())])),
    },
    {
      ...fhir,
      name: `transaction${suffix}`,
      method: 'POST',
      route: base,
      policy: 'record:write',
      maximumBody: bundleLimit,
      async handler(request) {
        const bundle = await request.json();
        if (!isResource(bundle) || bundle.resourceType !== 'Bundle')
          throw new WardlineError('invalid-body', 'Send a Bundle.', { expression: 'resourceType' });
        const { response, session } = await runTransaction(
          records,
          validateResource,
          request.call,
          trustOf(request),
          bundle,
        );
        return {
          status: 200,
          contentType: fhirJson,
          headers: { 'x-wardline-session': session },
          json: response,
          audited: 'in-commit',
        };
      },
    },
  ];
}

const disclosure = (subtype: string, found: { resource: FhirResource; versionId: string; patient?: string }) => ({
  subtype,
  action: 'R' as const,
  patients: found.patient === undefined ? [] : [found.patient],
  entities: [{ type: found.resource.resourceType, id: String(found.resource.id), versionId: found.versionId }],
});

function written(
  status: number,
  change: { type: string; id: string; versionId: string; resource?: FhirResource } | undefined,
  session: string,
  link: (path: string) => string,
): Reply {
  if (change?.resource === undefined) throw new WardlineError('internal', 'The commit did not say what it wrote.');
  return resourceReply(status, change.resource, session, {
    audited: 'in-commit',
    location: link(`${change.type}/${change.id}/_history/${change.versionId}`),
  });
}

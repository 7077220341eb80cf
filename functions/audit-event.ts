import { auditEntry, fromFhir, toFhir } from '../shared/audit/index.ts';
import { WardlineError } from '../shared/errors.ts';
import { matches, parseSearch, searchEntries, validateResource } from '../shared/fhir/index.ts';
import type { Route } from '../shared/http.ts';
import type { App } from './app.ts';
import { fhirJson } from './fhir/reply.ts';

/** The audit trail as FHIR AuditEvents. There is no update and no delete: the record's routes answer 405. */
export function auditEventRoutes({ access, audit, records, config, clock }: App): Route[] {
  const fhir = { errors: 'fhir' } as const;
  const address = (id: string | undefined): string => `${config.publicOrigin}/fhir/AuditEvent/${id}`;
  return [
    {
      ...fhir,
      name: 'searchAuditEvents',
      method: 'GET',
      route: 'fhir/AuditEvent',
      policy: 'audit:read',
      async handler({ call, query: parameters }) {
        const { trust } = call.actor;
        const query = parseSearch('AuditEvent', parameters);
        if (query.patient === undefined)
          throw new WardlineError('too-costly', 'Name one patient: AuditEvent?patient=…', { expression: 'patient' });
        if (query.links.length > 0 || query.includes.length > 0 || query.at !== undefined)
          throw new WardlineError('not-supported', 'AuditEvents are searched by their own parameters only.', {
            expression: 'AuditEvent',
          });
        const token = await records.patientToken(trust, query.patient);
        if (token === undefined) throw new WardlineError('not-found', 'There is no such patient.');
        // Entries name patients by token, whatever id the patient came with.
        const others = { ...query, criteria: query.criteria.filter(({ p }) => p !== 'patient') };
        const events = (await audit.ofPatient(trust, token))
          .map(toFhir)
          .filter((event) => matches(others, event, searchEntries(event)));
        const entry = events
          .slice(0, query.count)
          .map((resource) => ({ fullUrl: address(resource.id), resource, search: { mode: 'match' } }));
        return {
          status: 200,
          contentType: fhirJson,
          json: {
            resourceType: 'Bundle',
            type: 'searchset',
            total: events.length,
            ...(query.summary === 'count' ? {} : { entry }),
          },
          disclosed: { subtype: 'audit-read', action: 'E', patients: [token], parameters: query.names },
        };
      },
    },
    {
      ...fhir,
      name: 'readAuditEvent',
      method: 'GET',
      route: 'fhir/AuditEvent/{id}',
      policy: 'audit:read',
      async handler({ call, params }) {
        const entry = await audit.find(call.actor.trust, params['id'] ?? '', clock.now());
        if (entry === undefined) throw new WardlineError('not-found', 'There is no such AuditEvent.');
        return {
          status: 200,
          contentType: fhirJson,
          headers: { etag: 'W/"1"' },
          json: toFhir(entry),
          disclosed: {
            subtype: 'audit-read',
            action: 'R',
            patients: entry.patients,
            entities: [{ type: 'AuditEvent', id: entry.id }],
          },
        };
      },
    },
    {
      ...fhir,
      name: 'createAuditEvent',
      method: 'POST',
      route: 'fhir/AuditEvent',
      policy: 'record:write',
      async handler({ call, json }) {
        const { trust } = call.actor;
        await access.require(call, { policy: 'record:write', trust, type: 'AuditEvent', action: 'create' });
        const { patientIds, ...facts } = fromFhir(await validateResource(await json(), 'AuditEvent'));
        const patients = await Promise.all(patientIds.map((id) => records.patientToken(trust, id)));
        const known = patients.filter((token) => token !== undefined);
        if (known.length < patients.length)
          throw new WardlineError('business-rule', 'The AuditEvent names a patient who is not known here.', {
            expression: 'AuditEvent.entity.what',
          });
        // The event is the entry of the request that tells it: one entry, in the chain before the answer.
        const entry = auditEntry(call, { ...facts, trust, patients: known });
        await audit.append([entry]);
        return {
          status: 201,
          contentType: fhirJson,
          headers: { location: `${address(entry.id)}/_history/1`, etag: 'W/"1"' },
          json: toFhir(entry),
          audited: 'in-commit',
        };
      },
    },
  ];
}

import { WardlineError } from '../shared/errors.ts';
import { compartmentParameters, isResource } from '../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply, Route } from '../shared/http.ts';
import { runBatch } from './fhir/batch.ts';
import { binaryBodyLimit, createBinary, readBinary, readBinaryVersion, updateBinary } from './fhir/binary.ts';
import { capabilityStatement } from './fhir/capability-statement.ts';
import { patientEverything } from './fhir/everything.ts';
import type { FhirApp } from './fhir/fhir-app.ts';
import { requireJson } from './fhir/format.ts';
import { historyOfMany, resourceHistory } from './fhir/history.ts';
import { inTrust } from './fhir/in-trust.ts';
import { matchPatients } from './fhir/match-patient.ts';
import { mergePatients, unmergePatient } from './fhir/merge.ts';
import { patchMatching, patchResource } from './fhir/patch.ts';
import { readResource, readVersion } from './fhir/read.ts';
import { fhirJson } from './fhir/reply.ts';
import { baseOf, scopeOf, typeOf } from './fhir/scope.ts';
import { searchResources } from './fhir/search.ts';
import { securityOf, smartConfiguration } from './fhir/smart-configuration.ts';
import { runTransaction } from './fhir/transaction.ts';
import { validateOnly } from './fhir/validate-resource.ts';
import { createResource, deleteMatching, deleteResource, updateMatching, updateResource } from './fhir/write.ts';

const bundleLimit = 10 * 1024 * 1024;

type Handler = (request: AuthorisedRequest) => Promise<Reply>;
type Guarded = Exclude<Route['policy'], 'public'>;

/** FHIR R4 REST (http://hl7.org/fhir/R4/http.html), under the caller's own trust and under another's. */
export function recordRoutes(app: FhirApp): Route[] {
  return [...routesUnder(app, 'fhir', ''), ...routesUnder(app, 'trusts/{ods}/fhir', 'OfTrust')];
}

function routesUnder(app: FhirApp, base: string, suffix: string): Route[] {
  const { config, clock, access } = app;
  const routes: Route[] = [];
  const route = (
    name: string,
    method: Route['method'],
    path: string,
    policy: Guarded,
    handler: Handler,
    maximumBody?: number,
  ): void =>
    void routes.push({
      errors: 'fhir',
      name: `${name}${suffix}`,
      method,
      route: path === '' ? base : `${base}/${path}`,
      policy,
      ...(maximumBody === undefined ? {} : { maximumBody }),
      handler: inTrust(app, policy, handler),
    });
  const add: typeof route = (name, method, path, policy, handler, maximumBody) => {
    const inJson: Handler = (request) => {
      requireJson(request);
      return handler(request);
    };
    route(name, method, path, policy, inJson, maximumBody);
  };
  // Contents come and go in formats of their own.
  route('createBinary', 'POST', 'Binary', 'record:write', (request) => createBinary(app, request), binaryBodyLimit);
  route('updateBinary', 'PUT', 'Binary/{id}', 'record:write', (request) => updateBinary(app, request), binaryBodyLimit);
  route('readBinary', 'GET', 'Binary/{id}', 'record:read', (request) => readBinary(app, request));
  route('readBinaryVersion', 'GET', 'Binary/{id}/_history/{version}', 'record:read', (request) =>
    readBinaryVersion(app, request),
  );
  routes.push({
    errors: 'fhir',
    name: `metadata${suffix}`,
    method: 'GET',
    route: `${base}/metadata`,
    policy: 'public',
    async handler(request) {
      requireJson(request);
      return {
        status: 200,
        contentType: fhirJson,
        audited: 'not-needed',
        json: capabilityStatement(baseOf(request, config.publicOrigin), clock.now(), securityOf(await access.signIn())),
      };
    },
  });
  routes.push({
    errors: 'fhir',
    name: `smartConfiguration${suffix}`,
    method: 'GET',
    route: `${base}/.well-known/smart-configuration`,
    policy: 'public',
    handler: async () => ({
      status: 200,
      audited: 'not-needed',
      json: smartConfiguration(await access.signIn()),
    }),
  });
  add('readResource', 'GET', '{type}/{id}', 'record:read', (request) => readResource(app, request));
  add('readVersion', 'GET', '{type}/{id}/_history/{version}', 'record:read', (request) => readVersion(app, request));
  add('readHistory', 'GET', '{type}/{id}/_history', 'record:read', (request) => resourceHistory(app, request));
  add('readTypeHistory', 'GET', '{type}/_history', 'record:search', (request) =>
    historyOfMany(app, request, typeOf(request)),
  );
  add('readSystemHistory', 'GET', '_history', 'record:search', (request) => historyOfMany(app, request));
  add('createResource', 'POST', '{type}', 'record:write', (request) => createResource(app, request));
  add('updateResource', 'PUT', '{type}/{id}', 'record:write', (request) => updateResource(app, request));
  add('updateMatching', 'PUT', '{type}', 'record:write', (request) => updateMatching(app, request));
  add('patchResource', 'PATCH', '{type}/{id}', 'record:write', (request) => patchResource(app, request));
  add('patchMatching', 'PATCH', '{type}', 'record:write', (request) => patchMatching(app, request));
  add('deleteResource', 'DELETE', '{type}/{id}', 'record:write', (request) => deleteResource(app, request));
  add('deleteMatching', 'DELETE', '{type}', 'record:write', (request) => deleteMatching(app, request));
  add('searchByGet', 'GET', '{type}', 'record:search', (request) =>
    searchResources(app, request, typeOf(request), request.query),
  );
  add('searchByPost', 'POST', '{type}/_search', 'record:search', async (request) => {
    const parameters = new URLSearchParams([...request.query, ...(await request.form())]);
    return searchResources(app, request, typeOf(request), parameters);
  });
  add('searchCompartment', 'GET', '{compartment}/{id}/{type}', 'record:search', (request) =>
    searchResources(app, request, typeOf(request), request.query, compartmentOf(request)),
  );
  add('readEverything', 'GET', '{type}/{id}/$everything', 'record:search', (request) => {
    if (typeOf(request) !== 'Patient')
      throw new WardlineError('not-found', 'Only Patient has $everything here.', { expression: '$everything' });
    return patientEverything(app, request);
  });
  add('mergePatients', 'POST', '{type}/$merge', 'record:merge', (request) => mergePatients(app, request));
  add('unmergePatient', 'POST', '{type}/{id}/$unmerge', 'record:merge', (request) => unmergePatient(app, request));
  add('matchPatients', 'POST', 'Patient/$match', 'record:search', (request) => matchPatients(app, request));
  add('validateType', 'POST', '{type}/$validate', 'record:search', (request) => validateOnly(app, request));
  add('validateInstance', 'POST', '{type}/{id}/$validate', 'record:search', (request) => validateOnly(app, request));
  add(
    'runBundle',
    'POST',
    '',
    'record:write',
    async (request) => {
      const bundle = await request.json();
      if (!isResource(bundle) || bundle.resourceType !== 'Bundle')
        throw new WardlineError('invalid-body', 'Send a Bundle.', { expression: 'resourceType' });
      const entries = { http: app.http, routes, base, scope: scopeOf(request, config.publicOrigin) };
      if (bundle['type'] === 'batch') return runBatch(entries, request, bundle);
      if (bundle['type'] === 'transaction') return runTransaction(app, entries, request, bundle);
      throw new WardlineError('invalid-body', 'The type of the Bundle must be batch or transaction.', {
        expression: 'Bundle.type',
      });
    },
    bundleLimit,
  );
  return routes;
}

/** http://hl7.org/fhir/R4/compartmentdefinition-patient.html, the one compartment there is. */
function compartmentOf(request: AuthorisedRequest): { patient: string; parameters: readonly string[] } {
  const { compartment, id = '' } = request.params;
  const parameters = compartmentParameters(typeOf(request));
  if (compartment !== 'Patient' || parameters === undefined)
    throw new WardlineError('not-found', 'Compartments are those of patients: Patient/{id}/{type}.', {
      expression: 'compartment',
    });
  return { patient: id, parameters };
}

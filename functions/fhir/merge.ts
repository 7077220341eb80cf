import { WardlineError } from '../../shared/errors.ts';
import { isResource } from '../../shared/fhir/index.ts';
import type { AuthorisedRequest, Reply } from '../../shared/http.ts';
import type { FhirApp } from './fhir-app.ts';
import { fhirJson } from './reply.ts';
import { scopeOf, typeOf } from './scope.ts';

type Use = Pick<FhirApp, 'records' | 'config'>;

/**
 * `Patient/$merge`, as FHIR R5 defines it (http://hl7.org/fhir/R5/patient-operation-merge.html): the source patient gives way
 * to the target patient. The answer shows no record: whoever merges need not be one who reads.
 */
export async function mergePatients({ records, config }: Use, request: AuthorisedRequest): Promise<Reply> {
  requirePatient(request);
  const { trust } = scopeOf(request, config.publicOrigin);
  const body = await request.json();
  const [source, target] = [patientIn(body, 'source-patient'), patientIn(body, 'target-patient')];
  const { session, merged } = await records.merge(request.call, trust, { source, target });
  return answer(session, body, merged ? 'The patients are merged.' : 'The patients were merged before.', merged, [
    source,
    target,
  ]);
}

/** `Patient/{id}/$unmerge`, Wardline's own: the patient stands for itself again. */
export async function unmergePatient({ records, config }: Use, request: AuthorisedRequest): Promise<Reply> {
  requirePatient(request);
  const { trust } = scopeOf(request, config.publicOrigin);
  const id = request.params['id'] ?? '';
  const { session, from } = await records.unmerge(request.call, trust, id);
  return answer(session, undefined, 'The merge is undone.', true, [id, from]);
}

function requirePatient(request: AuthorisedRequest): void {
  if (typeOf(request) !== 'Patient')
    throw new WardlineError('not-found', 'Only Patient has $merge and $unmerge.', { expression: '$merge' });
}

/** @throws WardlineError `invalid-body` */
function patientIn(body: unknown, name: string): string {
  const parameters = isResource(body) && body.resourceType === 'Parameters' ? body['parameter'] : undefined;
  const all = Array.isArray(parameters) ? parameters.filter((one) => Object(one).name === name) : [];
  const id = /^Patient\/([A-Za-z0-9.-]{1,64})$/.exec(String(Object(Object(all[0]).valueReference).reference))?.[1];
  if (all.length !== 1 || id === undefined)
    throw new WardlineError('invalid-body', `Send Parameters with one ${name}: a valueReference to Patient/{id}.`, {
      expression: `Parameters.parameter.where(name='${name}')`,
    });
  return id;
}

const answer = (
  session: string,
  input: unknown,
  text: string,
  committed: boolean,
  patients: readonly string[],
): Reply => ({
  status: 200,
  contentType: fhirJson,
  headers: { 'x-wardline-session': session },
  json: {
    resourceType: 'Parameters',
    parameter: [
      ...(input === undefined ? [] : [{ name: 'input', resource: input }]),
      {
        name: 'outcome',
        resource: {
          resourceType: 'OperationOutcome',
          issue: [{ severity: 'information', code: 'informational', details: { text } }],
        },
      },
    ],
  },
  ...(committed
    ? { audited: 'in-commit' as const }
    : {
        disclosed: {
          subtype: 'merge',
          action: 'R' as const,
          entities: patients.map((id) => ({ type: 'Patient', id })),
        },
      }),
});

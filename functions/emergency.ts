import { WardlineError } from '../shared/errors.ts';
import type { FhirResource } from '../shared/fhir/index.ts';
import type { AuthorisedRequest, Route } from '../shared/http.ts';
import { emergencyReview } from '../shared/records/index.ts';
import type { App } from './app.ts';

/** Minutes for which emergency access is open. */
const openFor = 60;
/** Why somebody opens it (HL7 v3 ActReason, purposes of use): emergency treatment, the patient's wish, the law, public health. */
const reasons = ['ETREAT', 'PATRQT', 'HLEGAL', 'PUBHLTH'] as const;
const shortest = 10;
const longest = 500;

/**
 * Emergency access ("break-glass"): whoever cares for patients opens one record for an hour, says why, and a privacy
 * officer looks at it afterwards. The Task that asks for that and the opening are one commit.
 */
export function emergencyRoutes({ records, clock, telemetry }: Pick<App, 'records' | 'clock' | 'telemetry'>): Route[] {
  return [
    {
      name: 'openEmergencyAccess',
      method: 'POST',
      route: 'access/emergency',
      errors: 'problem',
      policy: 'access:emergency',
      async handler(request) {
        const { call } = request;
        const asked = await parse(request);
        const until = new Date(clock.now().getTime() + openFor * 60_000).toISOString();
        const task = reviewTask(asked, call.actor, clock.now().toISOString(), until);
        const { changes, session } = await records.commit(
          call,
          call.actor.trust,
          [{ kind: 'create', resource: task }],
          { subtype: 'emergency-access', action: 'E' },
        );
        // Names neither patient nor person: the privacy officer finds both in the Task, where it is audited.
        telemetry.event('emergency-access', { entry: call.requestId });
        return {
          status: 201,
          headers: { 'x-wardline-session': session, location: `/fhir/Task/${changes[0]?.id}` },
          json: { until, review: `Task/${changes[0]?.id}` },
          audited: 'in-commit',
        };
      },
    },
  ];
}

interface Asked {
  readonly patient: string;
  readonly reason: (typeof reasons)[number];
  readonly text: string;
}

/** @throws WardlineError `invalid-body` */
async function parse({ json }: AuthorisedRequest): Promise<Asked> {
  const { patient, reason, text } = Object(await json()) as Record<string, unknown>;
  const refuse = (detail: string, expression: string): WardlineError =>
    new WardlineError('invalid-body', detail, { expression });
  if (typeof patient !== 'string' || !/^[A-Za-z0-9.-]{1,64}$/.test(patient))
    throw refuse('Name one patient by the id of the Patient.', 'patient');
  const known = reasons.find((one) => one === reason);
  if (known === undefined) throw refuse(`The reason is one of ${reasons.join(', ')}.`, 'reason');
  if (typeof text !== 'string' || text.trim().length < shortest || text.length > longest)
    throw refuse(`Say why in ${shortest} to ${longest} characters.`, 'text');
  return { patient, reason: known, text: text.trim() };
}

const reviewTask = (
  { patient, reason, text }: Asked,
  { id, trust }: AuthorisedRequest['call']['actor'],
  at: string,
  until: string,
): FhirResource =>
  ({
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [emergencyReview] },
    for: { reference: `Patient/${patient}` },
    authoredOn: at,
    requester: { identifier: { system: `https://wardline.nhs.uk/directory/${trust}`, value: id } },
    performerType: [{ text: 'Privacy officer' }],
    reasonCode: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: reason }], text },
    restriction: { period: { start: at, end: until } },
  }) as FhirResource;

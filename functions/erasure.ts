import { WardlineError } from '../shared/errors.ts';
import type { AuthorisedRequest } from '../shared/http.ts';
import { type ErasureReason, type ErasureRequest, erasureReasons } from '../shared/records/index.ts';
import type { App } from './app.ts';
import { type ErasureInput, type ErasureProgress, erasePatient } from './erase-patient.ts';
import type { OrchestrationRoute } from './orchestrations.ts';
import type { Trigger } from './trigger.ts';

const path = 'operations/erasures';
const instanceOf = (trust: string, id: string): string => `erase-${trust}-${id}`;
const isRequest = /^[0-9A-HJKMNP-TV-Z]{26}$/;

type Use = Pick<App, 'config' | 'recordErasure'>;

/** Erasing a patient's record where the law asks for it: a privacy officer asks, a second person agrees. */
export function erasureRoutes({ config, recordErasure }: Use): OrchestrationRoute[] {
  const common = { errors: 'problem' } as const;
  const urlOf = (id: string): string => `${config.publicOrigin}/${path}/${id}`;
  const disclosed = (subtype: string, action: 'D' | 'R', { id, patient }: ErasureRequest) => ({
    disclosed: { subtype, action, patients: [patient], entities: [{ type: 'Erasure', id }] },
  });
  const find = async ({ call, params }: AuthorisedRequest): Promise<ErasureRequest> => {
    const id = params['request'] ?? '';
    const found = isRequest.test(id) ? await recordErasure.find(call.actor.trust, id) : undefined;
    if (found === undefined) throw new WardlineError('not-found', 'Your trust has no such request.');
    return found;
  };
  return [
    {
      ...common,
      name: 'requestErasure',
      method: 'POST',
      route: 'operations/patients/{id}/erase',
      policy: 'erasure:request',
      async handler(request) {
        const { call, params } = request;
        const made = await recordErasure.request(call.actor, params['id'] ?? '', await parse(request));
        return {
          status: 202,
          headers: { location: urlOf(made.id) },
          json: {
            id: made.id,
            status: 'requested',
            statusUrl: urlOf(made.id),
            approveUrl: `${urlOf(made.id)}/approve`,
          },
          ...disclosed('request-erasure', 'D', made),
        };
      },
    },
    {
      ...common,
      name: 'approveErasure',
      method: 'POST',
      route: `${path}/{request}/approve`,
      policy: 'erasure:approve',
      async handler(request, orchestrations) {
        const { traceparent } = request.call;
        const { trust } = request.call.actor;
        const { id } = await find(request);
        const approved = await recordErasure.approve(request.call.actor, id);
        const input: ErasureInput = { trust, id, patient: approved.patient, traceparent };
        // Asked again it goes on where it stopped; one that runs goes on anyway.
        if (approved.erasedAt === undefined) await orchestrations.start('erasePatient', instanceOf(trust, id), input);
        return {
          status: 202,
          headers: { location: urlOf(id), 'retry-after': '10' },
          json: { id, status: 'running', statusUrl: urlOf(id) },
          ...disclosed('approve-erasure', 'D', approved),
        };
      },
    },
    {
      ...common,
      name: 'readErasure',
      method: 'GET',
      route: `${path}/{request}`,
      policy: 'erasure:read',
      async handler(request, orchestrations) {
        const found = await find(request);
        const { id, patient, reason, reference, requestedAt, approvedAt, erasedAt } = found;
        const run = approvedAt === undefined ? undefined : await orchestrations.status(instanceOf(found.trust, id));
        const status = erasedAt !== undefined ? 'completed' : (run?.state ?? 'requested');
        return {
          status: 200,
          json: {
            ...{ id, status, patient, reason, reference, requestedAt, approvedAt, erasedAt },
            ...(run?.customStatus as ErasureProgress | null | undefined),
          },
          ...disclosed('read-erasure', 'R', found),
        };
      },
    },
  ];
}

/** A case's number, and nothing that could be an NHS number: it outlasts the record. */
const isReference = /^(?!.*\d{10})[A-Za-z0-9][A-Za-z0-9/._-]{2,63}$/;

/** @throws WardlineError `invalid-body` */
async function parse({ json }: AuthorisedRequest): Promise<{ reason: ErasureReason; reference: string }> {
  const { reason, reference } = Object(await json()) as Record<string, unknown>;
  const known = erasureReasons.find((one) => one === reason);
  if (known === undefined)
    throw new WardlineError('invalid-body', `The reason is one of ${erasureReasons.join(', ')}.`, {
      expression: 'reason',
    });
  if (typeof reference !== 'string' || !isReference.test(reference))
    throw new WardlineError(
      'invalid-body',
      'The reference is the number of the case in your files: 3 to 64 letters, digits and "/._-", no NHS number.',
      { expression: 'reference' },
    );
  return { reason: known, reference };
}

/** The steps of an erasure. */
export function erasureTriggers({ recordErasure, boards }: Pick<App, 'recordErasure' | 'boards'>): Trigger[] {
  const activity = (name: string, handler: (input: ErasureInput) => Promise<unknown>): Trigger => ({
    kind: 'activity',
    name,
    handler: (input) => handler(input as ErasureInput),
  });
  return [
    { kind: 'orchestration', name: 'erasePatient', orchestrator: erasePatient },
    activity('eraseAttachments', ({ trust, patient }) => recordErasure.eraseAttachments(trust, patient)),
    activity('destroyPatientKey', ({ trust, patient, traceparent }) =>
      recordErasure.destroyKey(trust, patient, traceparent),
    ),
    activity('sweepErased', ({ trust, patient }) => recordErasure.sweep(trust, patient)),
    activity('eraseFromBoards', ({ trust, patient }) => boards.erase(trust, patient)),
    activity('closeErasure', ({ trust, id }) => recordErasure.close(trust, id)),
  ];
}

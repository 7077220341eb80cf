import { createHash } from 'node:crypto';
import type { Call } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { type FhirResource, isResource } from '../fhir/index.ts';
import { seal } from '../keys/index.ts';
import type { Records } from '../records/index.ts';
import { blobContainers, queues, sessionOf } from '../topology.ts';
import type { FormDependencies } from './form-dependencies.ts';
import type { Forms } from './forms.ts';
import { headFor } from './head-for.ts';
import { type IntakeMessage, sealedFor } from './intake-message.ts';
import { formNamed } from './published-forms.ts';
import { answersDigest, writeReceipt } from './receipt.ts';

/** Characters of a sealed response; what is larger goes to a blob (a message of the standard tier has 256 kB). */
const largestInMessage = 150_000;
const longestKey = 255;

/** Takes a form in: when it resolves, the response lies sealed on the queue. */
export async function submitForm(
  deps: FormDependencies,
  call: Call,
  name: string,
  body: unknown,
  idempotencyKey: string | null,
): ReturnType<Forms['submit']> {
  const { records, keyring, bus, blobs, clock } = deps;
  const { trust } = call.actor;
  const form = formNamed(name);
  const response = readResponse(body);
  const head = await headFor(deps, call, 'form:submit', referenced(response, 'subject', 'Patient'));
  const encounter = referenced(response, 'encounter', 'Encounter');
  if (!head.placements.some((placement) => placement.encounter === encounter))
    await requireOwnEncounter(records, call, head.token, encounter);

  const id = `${head.token}.${uniqueOf(deps, `${trust}|${call.actor.id}|${name}|${head.token}`, idempotencyKey)}`;
  const receivedAt = clock.now();
  const { displayName: _, ...actor } = call.actor;
  const sealed = seal(await records.patientKey(trust, head.token), response, sealedFor({ trust, id }));
  const inBlob = sealed.length > largestInMessage;
  const message: IntakeMessage = {
    ...{ id, trust, form: name, patient: head.token, receivedAt: receivedAt.toISOString() },
    ...{ actor, traceparent: call.traceparent },
    ...(inBlob ? { blob: `${trust}/${id}` } : { sealed }),
  };
  if (message.blob !== undefined) await blobs.put(blobContainers.largeForms, message.blob, sealed);
  const sessionId = sessionOf(`${trust}|P|${head.token}`);
  await bus.send(queues.formIntake, [{ messageId: id, body: message, sessionId, traceparent: call.traceparent }]);

  const digest = await answersDigest(keyring, trust, response);
  const receipt = await writeReceipt(keyring, trust, { id, receivedAt, digest });
  return {
    ...{ id, status: 'received', receivedAt: message.receivedAt, patient: head.token },
    statusUrl: `/forms/${form.name}/responses/${receipt}`,
  };
}

function readResponse(body: unknown): FhirResource {
  if (!isResource(body) || body.resourceType !== 'QuestionnaireResponse')
    throw new WardlineError('invalid-body', 'Send a FHIR QuestionnaireResponse.', { expression: 'resourceType' });
  return body;
}

/** The id in a reference. @throws WardlineError `invalid-body` that names the element */
function referenced(response: FhirResource, element: 'subject' | 'encounter', type: string): string {
  const reference = Reflect.get(Object(response[element]), 'reference');
  const id = new RegExp(`^${type}/([A-Za-z0-9.-]{1,64})$`).exec(String(reference))?.[1];
  if (id === undefined)
    throw new WardlineError('invalid-body', `The ${element} must be a reference to a resource of type ${type}.`, {
      expression: `QuestionnaireResponse.${element}`,
    });
  return id;
}

/** An encounter that places the patient nowhere now: a past one, or one without a bed. */
async function requireOwnEncounter(records: Records, call: Call, patient: string, id: string): Promise<void> {
  const found = await records.read(call, call.actor.trust, { type: 'Encounter', id }).catch((error: unknown) => {
    if (error instanceof WardlineError && ['not-found', 'gone', 'forbidden'].includes(error.code)) return undefined;
    throw error;
  });
  if (found?.found.patient !== patient)
    throw new WardlineError('business-rule', 'The encounter is none of this patient.', {
      expression: 'QuestionnaireResponse.encounter',
    });
}

/** 26 characters as a ULID has; the same idempotency key within the same scope always gives the same. */
function uniqueOf({ ids }: FormDependencies, scope: string, idempotencyKey: string | null): string {
  if (idempotencyKey === null) return ids.ulid();
  if (idempotencyKey === '' || idempotencyKey.length > longestKey)
    throw new WardlineError('invalid-parameter', `Idempotency-Key takes 1 to ${longestKey} characters.`, {
      expression: 'Idempotency-Key',
    });
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const hash = createHash('sha256').update(`${scope}|${idempotencyKey}`).digest();
  return Array.from(hash.subarray(0, 26), (byte) => alphabet[byte % 32]).join('');
}

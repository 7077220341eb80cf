import type { Call } from '../context.ts';
import { hasCode, WardlineError } from '../errors.ts';
import { type FhirResource, validateResource } from '../fhir/index.ts';
import { unseal } from '../keys/index.ts';
import { blobContainers } from '../topology.ts';
import { type AnswerProblem, type AnswerValue, type ResponseLike, readAnswers } from './answers.ts';
import { filedId } from './filed-id.ts';
import type { FormDependencies } from './form-dependencies.ts';
import { type IntakeMessage, readIntakeMessage, sealedFor } from './intake-message.ts';
import { news2Resources } from './news2-resources.ts';
import { readFiled } from './read-filed.ts';
import { rejectionTask } from './rejection-task.ts';

/** Milliseconds that the clock of a ward's device may be ahead. */
const clockTolerance = 5 * 60_000;

/** Files a form that came from the queue, in one commit with what follows from it, or rejects it by a Task. */
export async function fileForm(deps: FormDependencies, raw: unknown): Promise<void> {
  const { records, clock } = deps;
  const { message, form } = readIntakeMessage(raw);
  const { id, trust, patient } = message;
  const call: Call = {
    requestId: `form-${id}`,
    traceparent: message.traceparent,
    actor: { ...message.actor, displayName: '' },
    receivedAt: clock.now(),
    policy: 'form:file',
  };
  const response = await openResponse(deps, call, message);
  if (response === undefined) return;
  const { values, problems } = readAnswers(form, response as ResponseLike);
  const wrong = [
    ...problems,
    ...(await problemsWithPatient(deps, message, values)),
    ...(problems.length === 0 ? await problemsOfStructure(response) : []),
  ];
  if (wrong.length > 0) {
    const task = rejectionTask(form, id, response, wrong, clock.now());
    const facts = { subtype: 'form-rejected', action: 'C' } as const;
    await records.commit(call, trust, [{ kind: 'create', resource: task }], facts, { messageId: id });
    return forgetBlob(deps, message);
  }
  const { id: _, ...sent } = response;
  const filed: FhirResource = {
    ...sent,
    resourceType: 'QuestionnaireResponse',
    identifier: { system: `${form.url}/response`, value: id },
    questionnaire: `${form.url}|${form.version}`,
    status: 'completed',
  };
  const { observations } = news2Resources(response, filedId(patient, id, 0), values);
  const changes = [filed, ...observations].map((resource) => ({ kind: 'create' as const, resource }));
  await records.commit(call, trust, changes, { subtype: 'form-filed', action: 'C' }, { messageId: id });
  await forgetBlob(deps, message);
}

/** Undefined: an earlier delivery has filed it already, and then forgotten its blob. */
async function openResponse(
  deps: FormDependencies,
  call: Call,
  message: IntakeMessage,
): Promise<FhirResource | undefined> {
  const { records, blobs } = deps;
  const { trust, patient } = message;
  const sealed = message.sealed ?? (await blobs.get(blobContainers.largeForms, message.blob ?? '').catch(ifMissing));
  if (sealed !== undefined)
    return unseal<FhirResource>(await records.patientKey(trust, patient), sealed, sealedFor(message));
  if (!(await isFiled(deps, call, message))) throw new Error(`The blob of form ${message.id} is not there.`);
  return undefined;
}

function ifMissing(error: unknown): undefined {
  if (hasCode(error, 'not-found')) return undefined;
  throw error;
}

async function isFiled(deps: FormDependencies, call: Call, { id, patient }: IntakeMessage): Promise<boolean> {
  for (const type of ['QuestionnaireResponse', 'Task'])
    if ((await readFiled(deps, call, type, filedId(patient, id, 0))) !== undefined) return true;
  return false;
}

/** What is filed lies in the record: a second copy would outlive it. */
async function forgetBlob({ blobs }: FormDependencies, { blob }: IntakeMessage): Promise<void> {
  if (blob !== undefined) await blobs.remove(blobContainers.largeForms, blob);
}

/** What the answers contradict although each is possible. */
async function problemsWithPatient(
  { records }: FormDependencies,
  { trust, patient, receivedAt }: IntakeMessage,
  values: ReadonlyMap<string, AnswerValue>,
): Promise<AnswerProblem[]> {
  const problems: AnswerProblem[] = [];
  const head = await records.head(trust, patient);
  if (values.get('spo2-scale') === '2' && head?.spo2Scale !== 2)
    problems.push({ linkId: 'spo2-scale', reason: 'Scale 2 is not prescribed for this patient.' });
  const observedAt = Date.parse(String(values.get('observed-at')));
  if (observedAt > Date.parse(receivedAt) + clockTolerance)
    problems.push({ linkId: 'observed-at', reason: 'The observation lies in the future.' });
  return problems;
}

async function problemsOfStructure(response: FhirResource): Promise<AnswerProblem[]> {
  try {
    await validateResource(response, 'QuestionnaireResponse');
    return [];
  } catch (error) {
    if (!(error instanceof WardlineError)) throw error;
    const reason = error.problems.map(({ detail, expression }) => `${expression ?? ''}: ${detail}`).join(' ');
    return [{ linkId: '', reason }];
  }
}

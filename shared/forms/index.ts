import { createHash } from 'node:crypto';
import type { Access } from '../access/index.ts';
import type { Blobs } from '../azure/blobs.ts';
import type { Bus } from '../azure/bus.ts';
import type { Actor, Call, Clock, Ids, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { type FhirResource, isResource, validateResource } from '../fhir/index.ts';
import { type Keyring, seal, unseal } from '../keys/index.ts';
import { idFromMessage, type Records } from '../records/index.ts';
import { blobContainers, queues, sessionOf } from '../topology.ts';
import { type AnswerProblem, type ResponseLike, readAnswers } from './answers.ts';
import { type Form, news2Form, questionnaireOf } from './news2-questionnaire.ts';
import { news2Resources, observationCount } from './news2-resources.ts';
import { orderSystem } from './order.ts';

export { news2Code, partsExtension } from './news2-resources.ts';

/** What became of a form that was sent. */
export interface FormStatus {
  readonly id: string;
  readonly status: 'received' | 'filed' | 'rejected';
  readonly receivedAt: string;
  readonly filedAt?: string;
  readonly links?: readonly string[];
  readonly problems?: readonly AnswerProblem[];
}

/** A form on its way: the response is sealed with the patient's key. */
interface IntakeMessage {
  readonly id: string;
  readonly trust: Ods;
  readonly form: string;
  readonly patient: string;
  readonly receivedAt: string;
  readonly actor: Omit<Actor, 'displayName'>;
  readonly traceparent: string;
  /** What is sealed, or the name of the blob that holds it. */
  readonly sealed?: string;
  readonly blob?: string;
}

/** Clinical forms. */
export interface Forms {
  list(): readonly { name: string; title: string; version: string; url: string }[];
  definition(name: string): object;
  /** Durable on the queue when it resolves. */
  submit(
    call: Call,
    form: string,
    response: unknown,
    idempotencyKey: string | null,
  ): Promise<FormStatus & { statusUrl: string; patient: string }>;
  status(call: Call, form: string, id: string): Promise<FormStatus & { patient: string }>;
  /** Files or rejects what came from the queue. A second delivery changes nothing. */
  process(message: unknown): Promise<void>;
}

const forms = new Map<string, Form>([[news2Form.name, news2Form]]);
const largestInMessage = 150_000;
const rejectionSystem = `${orderSystem}/form-rejected`;

export function createForms(deps: {
  records: Records;
  keyring: Keyring;
  access: Pick<Access, 'require'>;
  bus: Bus;
  blobs: Blobs;
  clock: Clock;
  ids: Ids;
}): Forms {
  const { records, keyring, access, bus, blobs, clock, ids } = deps;

  const formOf = (name: string): Form => {
    const form = forms.get(name);
    if (form === undefined)
      throw new WardlineError('not-found', `There is no form ${name}. There are: ${[...forms.keys()].join(', ')}.`);
    return form;
  };
  const headOf = async (call: Call, patient: string) => {
    const { trust } = call.actor;
    const token = await records.patientToken(trust, patient);
    const head = token === undefined ? undefined : await records.head(trust, token);
    if (head === undefined)
      throw new WardlineError('business-rule', 'The subject is no patient of the trust.', {
        expression: 'QuestionnaireResponse.subject',
      });
    await access.require(call, {
      policy: call.policy as 'form:submit',
      trust,
      patient: { token: head.token, wards: head.placements.map(({ ward }) => ward) },
    });
    return head;
  };
  /** id and moment, signed: "received" is known without a second write. */
  const receiptOf = async (trust: Ods, id: string, receivedAt: number): Promise<string> => {
    const text = `${id}.${receivedAt.toString(36)}`;
    return `${text}.${await keyring.sign(trust, 'status', text)}`;
  };

  return {
    list: () => [...forms.values()].map(({ name, title, version, url }) => ({ name, title, version, url })),
    definition: (name) => questionnaireOf(formOf(name)),

    async submit(call, name, body, idempotencyKey) {
      const form = formOf(name);
      if (!isResource(body) || body.resourceType !== 'QuestionnaireResponse')
        throw new WardlineError('invalid-body', 'Send a FHIR QuestionnaireResponse.', { expression: 'resourceType' });
      const patient = referenced(body['subject'], 'Patient');
      const encounter = referenced(body['encounter'], 'Encounter');
      if (patient === undefined)
        throw new WardlineError('invalid-body', 'The subject must be a reference to a Patient.', {
          expression: 'QuestionnaireResponse.subject',
        });
      if (encounter === undefined)
        throw new WardlineError('invalid-body', 'The encounter must be a reference to an Encounter.', {
          expression: 'QuestionnaireResponse.encounter',
        });
      const head = await headOf(call, patient);
      const { trust } = call.actor;
      const unique =
        idempotencyKey === null
          ? ids.ulid()
          : fixedUlid(`${trust}|${call.actor.id}|${form.name}|${head.token}|${idempotencyKey}`);
      const id = `${head.token}.${unique}`;
      const receivedAt = clock.now();
      const { displayName: _, ...actor } = call.actor;
      const sealed = seal(await records.patientKey(trust, head.token), body, `form|${trust}|${id}`);
      const message: IntakeMessage = {
        id,
        trust,
        form: form.name,
        patient: head.token,
        receivedAt: receivedAt.toISOString(),
        actor,
        traceparent: call.traceparent,
        ...(sealed.length <= largestInMessage ? { sealed } : { blob: `${trust}/${id}` }),
      };
      if (message.blob !== undefined) await blobs.put(blobContainers.largeForms, message.blob, sealed);
      await bus.send(queues.formIntake, [
        {
          messageId: id,
          body: message,
          sessionId: sessionOf(`${trust}|P|${head.token}`),
          traceparent: call.traceparent,
        },
      ]);
      const receipt = await receiptOf(trust, id, receivedAt.getTime());
      return {
        id,
        status: 'received',
        receivedAt: message.receivedAt,
        statusUrl: `/forms/${form.name}/responses/${receipt}`,
        patient: head.token,
      };
    },

    async status(call, name, receipt) {
      const form = formOf(name);
      const { trust } = call.actor;
      const match = /^(([0-9a-z]{12})\.[0-9A-Z]{26})\.([0-9a-z]+)\.([\w.-]+)$/.exec(receipt);
      const [, id = '', patient = '', moment = '', signature = ''] = match ?? [];
      if (match === null || !(await keyring.verify(trust, 'status', `${id}.${moment}`, signature)))
        throw new WardlineError('not-found', 'There is no such form.');
      const receivedAt = new Date(Number.parseInt(moment, 36)).toISOString();
      await headOf(call, patient);
      const readFiled = async (type: string) => {
        try {
          return (await records.read(call, trust, { type, id: firstIdOf(patient, id) })).found;
        } catch (error) {
          if (error instanceof WardlineError && error.code === 'not-found') return undefined;
          throw error;
        }
      };
      const filed = await readFiled('QuestionnaireResponse');
      if (filed !== undefined) {
        const { values } = readAnswers(form, filed.resource as ResponseLike);
        const observations = Array.from(
          { length: observationCount(values) },
          (_, index) => `Observation/${patient}.${idFromMessage(id, index + 1)}`,
        );
        return {
          id,
          status: 'filed',
          receivedAt,
          filedAt: filed.lastUpdated,
          links: [`QuestionnaireResponse/${filed.resource.id}`, ...observations],
          patient,
        };
      }
      const rejected = await readFiled('Task');
      if (rejected !== undefined)
        return {
          id,
          status: 'rejected',
          receivedAt,
          filedAt: rejected.lastUpdated,
          problems: problemsOf(rejected.resource),
          patient,
        };
      return { id, status: 'received', receivedAt, patient };
    },

    async process(raw) {
      const message = readMessage(raw);
      const { id, trust, patient } = message;
      const form = formOf(message.form);
      const sealed = message.sealed ?? (await blobs.get(blobContainers.largeForms, message.blob ?? ''));
      const response = unseal<FhirResource>(await records.patientKey(trust, patient), sealed, `form|${trust}|${id}`);
      const { values, problems: wrong } = readAnswers(form, response as ResponseLike);
      const problems = [...wrong];
      const head = await records.head(trust, patient);
      if (values.get('spo2-scale') === '2' && head?.spo2Scale !== 2)
        problems.push({ linkId: 'spo2-scale', reason: 'Scale 2 is not prescribed for this patient.' });
      const call: Call = {
        requestId: `form-${id}`,
        traceparent: message.traceparent,
        actor: { ...message.actor, displayName: '' },
        receivedAt: clock.now(),
        policy: 'form:file',
      };
      const identifier = { system: `${form.url}/response`, value: id };
      const valid = problems.length === 0 ? await invalidity(response) : undefined;
      if (valid !== undefined) problems.push(valid);
      if (problems.length > 0) {
        const task = rejection(form, id, response, problems, clock.now());
        await records.commit(
          call,
          trust,
          [{ kind: 'create', resource: task }],
          { subtype: 'form-rejected', action: 'C' },
          { messageId: id },
        );
        return;
      }
      const filed = withoutId({
        ...response,
        identifier,
        questionnaire: `${form.url}|${form.version}`,
        status: 'completed',
      });
      const { observations } = news2Resources(response, firstIdOf(patient, id), values);
      const changes = [filed, ...observations].map((resource) => ({ kind: 'create' as const, resource }));
      await records.commit(call, trust, changes, { subtype: 'form-filed', action: 'C' }, { messageId: id });
    },
  };
}

/** What a message is filed as takes its ids from the message: the first resource's is this. */
const firstIdOf = (patient: string, message: string): string => `${patient}.${idFromMessage(message, 0)}`;

async function invalidity(response: FhirResource): Promise<AnswerProblem | undefined> {
  try {
    await validateResource(response, 'QuestionnaireResponse');
    return undefined;
  } catch (error) {
    if (error instanceof WardlineError)
      return {
        linkId: '',
        reason: error.problems.map(({ detail, expression }) => `${expression ?? ''}: ${detail}`).join(' '),
      };
    throw error;
  }
}

const withoutId = ({ id: _, ...resource }: FhirResource): FhirResource => resource as FhirResource;

/** What rejects a form is a Task in the patient's record: durable, audited, and found by whoever sent it. */
const rejection = (
  form: Form,
  id: string,
  response: FhirResource,
  problems: readonly AnswerProblem[],
  now: Date,
): FhirResource => ({
  resourceType: 'Task',
  status: 'rejected',
  intent: 'order',
  code: { coding: [{ system: rejectionSystem, code: form.name }] },
  identifier: [{ system: `${form.url}/response`, value: id }],
  for: response['subject'],
  authoredOn: now.toISOString(),
  output: problems.map(({ linkId, reason }) => ({
    type: { coding: [{ system: rejectionSystem, code: linkId || 'form' }] },
    valueString: reason,
  })),
});

const problemsOf = (task: FhirResource): AnswerProblem[] =>
  (Array.isArray(task['output']) ? task['output'] : []).map(
    (output: { type?: { coding?: { code?: string }[] }; valueString?: string }) => ({
      linkId: output.type?.coding?.[0]?.code ?? '',
      reason: output.valueString ?? '',
    }),
  );

function referenced(value: unknown, type: string): string | undefined {
  const reference = typeof value === 'object' && value !== null ? Reflect.get(value, 'reference') : undefined;
  return typeof reference === 'string' ? new RegExp(`^${type}/([A-Za-z0-9.-]{1,64})$`).exec(reference)?.[1] : undefined;
}

/** The same key always gives the same id: 26 characters as a ULID has, from a hash. */
function fixedUlid(text: string): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  return Array.from(createHash('sha256').update(text).digest().subarray(0, 26), (byte) => alphabet[byte % 32]).join('');
}

/** @throws Error when the message is none of ours: it is then dead-lettered. */
function readMessage(raw: unknown): IntakeMessage {
  if (typeof raw !== 'object' || raw === null) throw new Error('The message is no object.');
  for (const name of ['id', 'trust', 'form', 'patient', 'receivedAt']) {
    if (typeof Reflect.get(raw, name) !== 'string') throw new Error(`The message has no ${name}.`);
  }
  return raw as IntakeMessage;
}

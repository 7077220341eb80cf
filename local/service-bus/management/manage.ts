import { type EncodedMap, encodedMap, MalformedAmqp } from '../amqp/encoded.ts';
import { types } from '../amqp/rhea.ts';
import { sectionsOf } from '../amqp/sections.ts';
import { amqpErrors } from '../errors.ts';
import type { Responder } from '../links/request-links.ts';
import { lockOperations } from './lock-operations.ts';
import { messageOperations } from './message-operations.ts';
import type { Answer, Asked, Operation } from './operation.ts';
import { ruleOperations } from './rule-operations.ts';

const operations: Readonly<Record<string, Operation>> = { ...messageOperations, ...lockOperations, ...ruleOperations };
const prefix = 'com.microsoft:';

/**
 * An entity's `$management` node
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response). Operations that are not
 * here are refused by name.
 * @param find the entity behind the node now: it may be gone since the link was opened
 */
export function management(
  find: () => Pick<Asked, 'queue' | 'topic' | 'entity'>,
  deps: Pick<Asked, 'stores' | 'namespace' | 'now'> & { readonly log: (line: string) => void },
): Responder {
  return async ({ message_id, application_properties: asked = {}, body }, bytes) => {
    const name = String(asked['operation'] ?? '');
    const answer = await perform(name, bytes, body, { ...find(), ...deps }, deps.log);
    const tracking = asked[`${prefix}tracking-id`];
    return {
      correlation_id: message_id,
      application_properties: {
        statusCode: types.wrap_int(answer.code),
        statusDescription: answer.error?.description ?? 'OK',
        ...(tracking == null ? {} : { [`${prefix}tracking-id`]: tracking }),
        ...(answer.error === undefined ? {} : { errorCondition: types.wrap_symbol(answer.error.condition) }),
      },
      body: answer.body ?? {},
    };
  };
}

async function perform(
  name: string,
  bytes: Buffer,
  body: unknown,
  node: Omit<Asked, 'body' | 'encoded'>,
  log: (line: string) => void,
): Promise<Answer> {
  const operation = operations[name.replace(prefix, '')];
  if (operation === undefined) return { code: 501, error: amqpErrors.notSupported(`The operation ${name}`) };
  if (node.queue === undefined && node.topic === undefined) return { code: 404, error: amqpErrors.notFound('') };
  try {
    const map = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
    return await operation({ ...node, body: map, encoded: encodedBody(bytes) });
  } catch (error) {
    const malformed = error instanceof MalformedAmqp || error instanceof TypeError;
    if (malformed) return { code: 400, error: amqpErrors.argument(`The request is malformed: ${error.message}`) };
    log(`service-bus: ${name} failed: ${String(error)}`);
    return { code: 500, error: amqpErrors.internal() };
  }
}

/** The body, an AMQP value that is a map. @throws MalformedAmqp */
function encodedBody(bytes: Buffer): EncodedMap {
  const { body } = sectionsOf(bytes);
  return encodedMap(bytes, body + (bytes[body + 1] === 0x53 ? 3 : 10));
}

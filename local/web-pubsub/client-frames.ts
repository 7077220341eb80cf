import type { RawData } from 'ws';
import { parseJson } from '../parse-json.ts';
import type { Connection } from './connection.ts';
import type { EventHandlers } from './event-handlers.ts';
import type { Hub } from './hub.ts';
import { type Payload, readFrame } from './message.ts';

type Frame = Readonly<Record<string, unknown>>;
type Failure = { readonly name: string; readonly message: string };

const maximumGroup = 1024;

/**
 * Does what a client asks for in a frame
 * (https://learn.microsoft.com/azure/azure-web-pubsub/reference-json-webpubsub-subprotocol). Frames of one client are
 * handled one after the other. A frame that breaks the protocol ends the connection.
 */
export async function receiveFrame(
  data: RawData,
  isBinary: boolean,
  connection: Connection,
  hub: Hub,
  handlers: EventHandlers,
): Promise<void> {
  if (connection.protocol === undefined) return receivePlain(data, isBinary, connection, hub, handlers);
  const frame = isBinary ? undefined : parse(String(data));
  if (frame === undefined) return hub.close(connection, 'The frame is no JSON object.');
  const ackId = frame['ackId'];
  if (ackId !== undefined && !(typeof ackId === 'number' && Number.isSafeInteger(ackId) && ackId >= 0))
    return hub.close(connection, 'An ackId must be a whole number.');
  const acknowledge = (failure?: Failure): void => {
    if (ackId !== undefined)
      connection.reply({ type: 'ack', ackId, success: failure === undefined, ...(failure && { error: failure }) });
  };
  if (typeof ackId === 'number' && connection.isRepeated(ackId))
    return acknowledge({ name: 'Duplicate', message: `A message with the ackId ${ackId} has been handled before.` });
  switch (frame['type']) {
    case 'joinGroup':
    case 'leaveGroup':
      return acknowledge(changeGroup(frame, connection, hub));
    case 'sendToGroup':
      return acknowledge(sendToGroup(frame, connection, hub));
    case 'event':
      return acknowledge(await sendEvent(frame, connection, hub, handlers));
    case 'invoke':
      return connection.reply(await invoke(frame, connection, handlers));
    case 'cancelInvocation':
      return undefined;
    case 'sequenceAck':
      return connection.acknowledge(Number(frame['sequenceId']) || 0);
    case 'ping':
      return connection.reply({ type: 'pong' });
    default:
      if (ackId === undefined) return hub.close(connection, `The frame type "${frame['type']}" is not supported.`);
      return acknowledge({ name: 'NotSupported', message: `The frame type "${frame['type']}" is not supported.` });
  }
}

/** A client without a subprotocol sends nothing but events called `message`. */
async function receivePlain(
  data: RawData,
  isBinary: boolean,
  connection: Connection,
  hub: Hub,
  handlers: EventHandlers,
): Promise<void> {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.concat([data].flat().map((part) => Buffer.from(part as Buffer)));
  const payload: Payload = isBinary
    ? { dataType: 'binary', data: bytes.toString('base64') }
    : { dataType: 'text', data: bytes.toString() };
  try {
    answer(await handlers.userEvent('message', payload, connection), connection, hub);
  } catch (error) {
    hub.close(connection, error instanceof Error ? error.message : 'The event handler failed.');
  }
}

function changeGroup(frame: Frame, connection: Connection, hub: Hub): Failure | undefined {
  const group = groupOf(frame);
  if (typeof group !== 'string') return group;
  if (!connection.may('joinLeaveGroup', group)) return forbidden(`to join or leave the group ${group}`);
  if (frame['type'] === 'joinGroup') hub.join(connection, group);
  else hub.leave(connection, group);
  return undefined;
}

function sendToGroup(frame: Frame, connection: Connection, hub: Hub): Failure | undefined {
  const group = groupOf(frame);
  if (typeof group !== 'string') return group;
  if (!connection.may('sendToGroup', group)) return forbidden(`to send to the group ${group}`);
  if (frame['stream'] !== undefined) return { name: 'NotSupported', message: 'Streams are not supported.' };
  const payload = readFrame(frame['dataType'], frame['data']);
  if (payload === undefined) return misfit;
  const recipients = hub.members({ kind: 'groups', name: group });
  hub.send(
    { from: 'group', group, fromUserId: connection.userId, ...payload },
    frame['noEcho'] === true ? recipients.filter((one) => one !== connection) : recipients,
  );
  return undefined;
}

async function sendEvent(
  frame: Frame,
  connection: Connection,
  hub: Hub,
  handlers: EventHandlers,
): Promise<Failure | undefined> {
  const payload = readFrame(frame['dataType'], frame['data']);
  const name = frame['event'];
  if (payload === undefined) return misfit;
  if (typeof name !== 'string' || name === '') return { name: 'BadRequest', message: 'An event needs a name.' };
  try {
    answer(await handlers.userEvent(name, payload, connection), connection, hub);
    return undefined;
  } catch (error) {
    return failed(error);
  }
}

/** A user event whose answer comes back under the invocation's id. */
async function invoke(frame: Frame, connection: Connection, handlers: EventHandlers): Promise<object> {
  const respond = (more: object) => ({ type: 'invokeResponse', invocationId: frame['invocationId'], ...more });
  const payload = frame['data'] === undefined ? nothing : readFrame(frame['dataType'], frame['data']);
  if (payload === undefined) return respond({ success: false, error: misfit });
  try {
    const result = await handlers.userEvent(String(frame['event'] ?? ''), payload, connection);
    return respond({ success: true, ...result });
  } catch (error) {
    return respond({ success: false, error: failed(error) });
  }
}

const nothing: Payload = { dataType: 'text', data: '' };
const misfit: Failure = {
  name: 'BadRequest',
  message: 'The data does not fit the dataType: json, text or binary (base64).',
};
const forbidden = (what: string): Failure => ({ name: 'Forbidden', message: `The client has no permission ${what}.` });
const failed = (error: unknown): Failure => ({
  name: 'InternalServerError',
  message: error instanceof Error ? error.message : 'The event handler failed.',
});

function answer(payload: Payload | undefined, connection: Connection, hub: Hub): void {
  if (payload !== undefined) hub.send({ from: 'server', ...payload }, [connection]);
}

function groupOf(frame: Frame): string | Failure {
  const group = frame['group'];
  return typeof group === 'string' && group.length > 0 && group.length <= maximumGroup
    ? group
    : { name: 'BadRequest', message: `The name of a group has 1 to ${maximumGroup} characters.` };
}

function parse(text: string): Frame | undefined {
  try {
    const parsed = parseJson(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Frame) : undefined;
  } catch {
    return undefined;
  }
}

import { parseJson } from '../parse-json.ts';
import { badRequest } from './errors.ts';

/** The two schemas a custom topic may take (https://learn.microsoft.com/azure/event-grid/input-mappings names the third). */
export type InputSchema = 'CloudEventSchemaV1_0' | 'EventGridSchema';

/** An event as it was published, or as it is delivered. */
export type EventBody = Readonly<Record<string, unknown>>;

const maximumEvents = 5000;
/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#attribute-naming-convention */
const attributeName = /^[a-z0-9]+$/;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
/** RFC 3339, as both schemas ask. */
const isTime = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?$/.test(value) &&
  !Number.isNaN(Date.parse(value));

/**
 * Reads what was published to a topic: one event or an array.
 * @param topicId resource id that events in the Event Grid schema are stamped with.
 * @throws EventGridError 400 that names the event and what is wrong; then no event of the request is taken.
 */
export function readEvents(body: string, schema: InputSchema, topicId: string): EventBody[] {
  let parsed: unknown;
  try {
    parsed = parseJson(body);
  } catch (error) {
    throw badRequest(`The request body is not valid JSON. ${error instanceof Error ? error.message : ''}`);
  }
  const events: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  if (events.length === 0) throw badRequest('The request holds no event.');
  if (events.length > maximumEvents)
    throw badRequest(`The request holds ${events.length} events; at most ${maximumEvents} are taken at once.`);
  return events.map((event, index) => {
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      throw nonconforming(schema, index, 'it is not a JSON object');
    return schema === 'EventGridSchema'
      ? readEventGridEvent(event as EventBody, index, topicId)
      : readCloudEvent(event as EventBody, index);
  });
}

function readCloudEvent(event: EventBody, index: number): EventBody {
  const fail = (problem: string) => nonconforming('CloudEventSchemaV1_0', index, problem);
  if (event['specversion'] !== '1.0') throw fail('specversion must be "1.0"');
  for (const name of ['id', 'source', 'type']) if (!isText(event[name])) throw fail(`${name} must be a text`);
  for (const name of ['subject', 'datacontenttype', 'dataschema'])
    if (event[name] !== undefined && event[name] !== null && !isText(event[name]))
      throw fail(`${name} must be a text or left out`);
  if (event['time'] !== undefined && !isTime(event['time'])) throw fail('time must be a time of RFC 3339');
  if (event['data_base64'] !== undefined && (event['data'] !== undefined || typeof event['data_base64'] !== 'string'))
    throw fail('data_base64 must be a text, and stands alone without data');
  const misnamed = Object.keys(event).find((name) => name !== 'data_base64' && !attributeName.test(name));
  if (misnamed !== undefined) throw fail('attribute names are made of lower-case letters and digits');
  return event;
}

function readEventGridEvent(event: EventBody, index: number, topicId: string): EventBody {
  const fail = (problem: string) => nonconforming('EventGridSchema', index, problem);
  for (const name of ['id', 'subject', 'eventType']) if (!isText(event[name])) throw fail(`${name} must be a text`);
  if (!isTime(event['eventTime'])) throw fail('eventTime must be a time');
  if (event['dataVersion'] !== undefined && typeof event['dataVersion'] !== 'string')
    throw fail('dataVersion must be a text or left out');
  if (isText(event['topic']) && event['topic'].toLowerCase() !== topicId.toLowerCase())
    throw fail('topic must be left out, or be the resource id of this topic');
  if (event['metadataVersion'] !== undefined && event['metadataVersion'] !== '1')
    throw fail('metadataVersion must be left out, or be "1"');
  return { dataVersion: '', ...event, topic: topicId, metadataVersion: '1' };
}

const nonconforming = (schema: InputSchema, index: number, problem: string) =>
  badRequest(
    `This resource is configured to receive event in '${schema === 'EventGridSchema' ? 'EventGridEvent' : 'CloudEventV10'}' schema. The JSON received does not conform to the expected schema: event ${index}: ${problem}.`,
  );

/**
 * An event of the Event Grid schema as a CloudEvent, for subscriptions that ask for that
 * (https://learn.microsoft.com/azure/event-grid/event-schema#cloudevent-sample).
 */
export const toCloudEvent = (event: EventBody): EventBody => ({
  specversion: '1.0',
  id: event['id'],
  source: event['topic'],
  subject: event['subject'],
  type: event['eventType'],
  time: event['eventTime'],
  dataschema: `#${event['dataVersion']}`,
  data: event['data'],
});

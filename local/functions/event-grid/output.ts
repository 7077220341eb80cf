import type { AppSettings } from '../app-settings.ts';
import { endpointSettings } from '../connection.ts';
import type { Binding } from '../core-api.ts';
import type { HostServices, WriteOutput } from '../extension.ts';
import { plainValue } from '../typed-data.ts';

interface Topic {
  readonly endpoint: string;
  /** The header that opens it. */
  authorization(): Promise<Readonly<Record<string, string>>>;
}

/**
 * The topic of an output binding: `topicEndpointUri` and `topicKeySetting` name app settings, or `connection` an
 * identity-based connection. @throws Error that says what is missing
 */
export function topicOf(settings: AppSettings, binding: Binding, owner: string): Topic {
  if (binding['connection'] !== undefined) {
    const found = settings.connection(String(binding['connection']), owner, endpointSettings.eventGrid);
    if ('connectionString' in found)
      throw new Error(
        `Function "${owner}": Event Grid has no connection strings: give "${binding['connection']}__topicEndpointUri".`,
      );
    return {
      endpoint: found.endpoint,
      async authorization() {
        const token = await found.credential.getToken('https://eventgrid.azure.net/.default');
        return { authorization: `Bearer ${token?.token}` };
      },
    };
  }
  const setting = (name: string): string => {
    const value = settings.get(String(binding[name] ?? ''));
    if (value === undefined)
      throw new Error(`Function "${owner}": "${name}" of the output binding eventGrid names no app setting.`);
    return value;
  };
  const key = setting('topicKeySetting');
  return { endpoint: setting('topicEndpointUri'), authorization: async () => ({ 'aeg-sas-key': key }) };
}

/** Publishes events to a custom topic: of the Event Grid schema, or CloudEvents when they say `specversion`. */
export const writeEventGrid = ({ settings }: HostServices): WriteOutput => {
  // An identity keeps its token, so it is kept too.
  const topics = new WeakMap<Binding, Topic>();
  return async (binding, _data, data) => {
    const topic = topics.get(binding) ?? topicOf(settings, binding, 'output binding');
    topics.set(binding, topic);
    const value = plainValue(data);
    const events: unknown[] = [typeof value === 'string' ? JSON.parse(value) : value].flat();
    if (events.length === 0) return;
    const cloudEvents = events.every((event) => typeof event === 'object' && event !== null && 'specversion' in event);
    const answer = await fetch(topic.endpoint, {
      method: 'POST',
      headers: {
        'content-type': cloudEvents ? 'application/cloudevents-batch+json; charset=utf-8' : 'application/json',
        ...(await topic.authorization()),
      },
      body: JSON.stringify(cloudEvents ? events : events.map(completeEvent)),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`Event Grid refused the events: ${answer.status}.`);
  };
};

/** The extension adds what the schema demands and the function left out. */
const completeEvent = (event: unknown): unknown =>
  typeof event === 'object' && event !== null ? { dataVersion: '1.0', ...event } : event;

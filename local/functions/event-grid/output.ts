import type { HostServices, WriteOutput } from '../extension.ts';
import { plainValue } from '../typed-data.ts';

/**
 * Publishes events to a custom topic, as `output.eventGrid({ topicEndpointUri, topicKeySetting })` asks: both name app
 * settings. Events are of the Event Grid schema, or CloudEvents when they say `specversion`.
 */
export const writeEventGrid =
  ({ settings }: HostServices): WriteOutput =>
  async (binding, _data, data) => {
    const setting = (name: string): string => {
      const value = settings.get(String(binding[name] ?? ''));
      if (value === undefined) throw new Error(`The output binding eventGrid: "${name}" names no app setting.`);
      return value;
    };
    const value = plainValue(data);
    const events: unknown[] = [typeof value === 'string' ? JSON.parse(value) : value].flat();
    if (events.length === 0) return;
    const cloudEvents = events.every((event) => typeof event === 'object' && event !== null && 'specversion' in event);
    const answer = await fetch(setting('topicEndpointUri'), {
      method: 'POST',
      headers: {
        'content-type': cloudEvents ? 'application/cloudevents-batch+json; charset=utf-8' : 'application/json',
        'aeg-sas-key': setting('topicKeySetting'),
      },
      body: JSON.stringify(cloudEvents ? events : events.map(completeEvent)),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`Event Grid refused the events: ${answer.status}.`);
  };

/** The extension adds what the schema demands and the function left out. */
const completeEvent = (event: unknown): unknown =>
  typeof event === 'object' && event !== null ? { dataVersion: '1.0', ...event } : event;

import { readRecordsChanged } from '../shared/boards/index.ts';
import { queues, recordChanges } from '../shared/topology.ts';
import type { App } from './app.ts';
import type { Trigger } from './trigger.ts';

/** What moves between the record, the bus and other systems. */
export const eventTriggers = ({ events }: App): Trigger[] => [
  {
    kind: 'feed',
    name: 'relayRecords',
    container: 'records',
    leasePrefix: 'relay-',
    handler: (documents) => events.relay(documents),
  },
  {
    kind: 'feed',
    name: 'promoteTransactions',
    container: 'transactions',
    leasePrefix: 'promote-',
    handler: (documents) => events.promote(documents),
  },
  {
    kind: 'subscription',
    name: 'publishEvents',
    topic: recordChanges.topic,
    subscription: recordChanges.subscriptions.events,
    sessions: true,
    async handler(messages) {
      for (const { body, traceparent = '' } of messages) await events.publish(readRecordsChanged(body), traceparent);
    },
  },
  { kind: 'timer', name: 'sweepTransactions', schedule: '30 * * * * *', handler: () => events.sweep() },
  { kind: 'event-grid', name: 'bedMovedReceived', handler: (event) => events.receiveBedMoved(event) },
  {
    kind: 'queue',
    name: 'moveBed',
    queue: queues.bedMoved,
    sessions: true,
    batch: false,
    async handler(messages) {
      for (const { body, traceparent = '' } of messages) await events.moveBed(body, traceparent);
    },
  },
];

import { resourceTypes } from '../shared/fhir/index.ts';
import type { Rotated } from '../shared/records/index.ts';
import type { App } from './app.ts';
import type { OrchestrationRoute } from './orchestrations.ts';
import { type RotationInput, rotateKeys } from './rotate-keys.ts';
import type { Trigger } from './trigger.ts';
import { trustJobRoutes } from './trust-job.ts';

/** Changing a trust's keys, for those who run the system. */
export const keyRotationRoutes = (app: Pick<App, 'config' | 'ids'>): OrchestrationRoute[] =>
  trustJobRoutes(app, {
    path: 'operations/keys/rotate',
    orchestration: 'rotateKeys',
    start: 'startKeyRotation',
    read: 'readKeyRotation',
    subtype: 'rotate-keys',
    noun: 'rotation',
    retryAfter: 10,
  });

type Use = Pick<App, 'keyRotation' | 'recordRotation' | 'boards'>;

/** The steps of a rotation; those that others have to learn of answer how long that takes, in milliseconds. */
export function keyRotationTriggers({ keyRotation, recordRotation, boards }: Use): Trigger[] {
  const activity = <T extends object>(
    name: string,
    handler: (input: Pick<RotationInput, 'trust' | 'run'> & T) => Promise<unknown>,
  ): Trigger => ({ kind: 'activity', name, handler: (input) => handler(input as Parameters<typeof handler>[0]) });
  return [
    { kind: 'orchestration', name: 'rotateKeys', orchestrator: rotateKeys },
    activity('announceKeys', async ({ trust, run }) => {
      await keyRotation.announce(trust, run);
      return keyRotation.settleTime;
    }),
    activity('switchKeys', async ({ trust }) => {
      await keyRotation.switchOver(trust);
      return keyRotation.settleTime;
    }),
    activity<{ after: string }>('rotatePatients', ({ trust, after }) => recordRotation.patients(trust, after)),
    activity<{ count: number }>('listTypes', async ({ count }) => ({
      groups: resourceTypes.flatMap((_, index) => (index % count === 0 ? [index] : [])),
    })),
    activity<{ from: number; count: number }>('rotateTypes', async ({ trust, from, count }) => {
      let rotated: Rotated = { changed: 0, left: 0 };
      for (const type of resourceTypes.slice(from, from + count)) {
        const { changed, left } = await recordRotation.sharedOf(trust, type);
        rotated = { changed: rotated.changed + changed, left: rotated.left + left };
      }
      return rotated;
    }),
    activity('resealBoards', ({ trust }) => boards.reseal(trust)),
    activity('finishKeys', async ({ trust }) => {
      await keyRotation.finish(trust);
      return keyRotation.settleTime;
    }),
    activity('forgetKeys', async ({ trust }) => {
      await recordRotation.forgetClaims(trust);
      await keyRotation.destroyUnread(trust);
    }),
  ];
}

import { WardlineError } from '../shared/errors.ts';
import { resourceTypes } from '../shared/fhir/index.ts';
import type { Rotated } from '../shared/records/index.ts';
import type { App } from './app.ts';
import type { OrchestrationRoute, OrchestrationStatus } from './orchestrations.ts';
import { type RotationInput, type RotationProgress, rotateKeys } from './rotate-keys.ts';
import type { Trigger } from './trigger.ts';

const path = 'operations/keys/rotate';
/** One rotation at a time for a trust. */
const instanceOf = (trust: string): string => `rotate-keys-${trust}`;
const isRun = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** Changing a trust's keys, for those who run the system. */
export function keyRotationRoutes({ config, ids }: Pick<App, 'config' | 'ids'>): OrchestrationRoute[] {
  const common = { policy: 'operations:run', errors: 'problem' } as const;
  const disclosed = (trust: string, action: 'E' | 'R') => ({
    subtype: 'rotate-keys',
    action,
    entities: [{ type: 'Trust', id: trust }],
  });
  return [
    {
      ...common,
      name: 'startKeyRotation',
      method: 'POST',
      route: path,
      async handler({ call }, orchestrations) {
        const { trust } = call.actor;
        const input: RotationInput = { trust, run: ids.ulid(), traceparent: call.traceparent };
        const started = await orchestrations.start('rotateKeys', instanceOf(trust), input);
        const run = started ? input.run : runOf(await orchestrations.status(instanceOf(trust)));
        if (run === undefined)
          throw new WardlineError('conflict', 'A rotation has just ended. Ask again.', { retryAfter: 1 });
        const statusUrl = `${config.publicOrigin}/${path}/${run}`;
        return {
          status: 202,
          headers: { location: statusUrl, 'retry-after': '10' },
          json: { id: run, status: 'running', statusUrl },
          disclosed: disclosed(trust, 'E'),
        };
      },
    },
    {
      ...common,
      name: 'readKeyRotation',
      method: 'GET',
      route: `${path}/{run}`,
      async handler({ call, params }, orchestrations) {
        const { trust } = call.actor;
        const run = params['run'] ?? '';
        const status = isRun.test(run) ? await orchestrations.status(instanceOf(trust)) : undefined;
        if (status === undefined || runOf(status) !== run)
          throw new WardlineError('not-found', 'Your trust has no such rotation, or a later one took its place.');
        return {
          status: 200,
          ...(status.state === 'running' ? { headers: { 'retry-after': '10' } } : {}),
          json: {
            id: run,
            status: status.state,
            startedAt: status.startedAt.toISOString(),
            updatedAt: status.updatedAt.toISOString(),
            ...(status.customStatus as RotationProgress | null),
          },
          disclosed: disclosed(trust, 'R'),
        };
      },
    },
  ];
}

const runOf = (status: OrchestrationStatus | undefined): string | undefined =>
  (status?.input as RotationInput | null | undefined)?.run;

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

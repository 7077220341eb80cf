import { WardlineError } from '../shared/errors.ts';
import type { App } from './app.ts';
import type { OrchestrationRoute, OrchestrationStatus } from './orchestrations.ts';
import { type RebuildInput, type RebuildProgress, rebuildBoards, type WardOutcome } from './rebuild-boards.ts';
import type { Trigger } from './trigger.ts';

const path = 'operations/boards/rebuild';
/** One rebuild at a time for a trust: a second one would only do the same work again. */
const instanceOf = (trust: string): string => `rebuild-boards-${trust}`;
const isRun = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** Rebuilding what the ward boards show, for those who run the system. */
export function boardRebuildRoutes({ config, ids }: Pick<App, 'config' | 'ids'>): OrchestrationRoute[] {
  const common = { policy: 'operations:run', errors: 'problem' } as const;
  const disclosed = (trust: string, action: 'E' | 'R') => ({
    subtype: 'rebuild-boards',
    action,
    entities: [{ type: 'Trust', id: trust }],
  });
  return [
    {
      ...common,
      name: 'startBoardRebuild',
      method: 'POST',
      route: path,
      async handler({ call }, orchestrations) {
        const { trust } = call.actor;
        const input: RebuildInput = { trust, run: ids.ulid(), traceparent: call.traceparent };
        const started = await orchestrations.start('rebuildBoards', instanceOf(trust), input);
        const run = started ? input.run : runOf(await orchestrations.status(instanceOf(trust)));
        if (run === undefined)
          throw new WardlineError('conflict', 'A rebuild has just ended. Ask again.', { retryAfter: 1 });
        const statusUrl = `${config.publicOrigin}/${path}/${run}`;
        return {
          status: 202,
          headers: { location: statusUrl, 'retry-after': '2' },
          json: { id: run, status: 'running', statusUrl },
          disclosed: disclosed(trust, 'E'),
        };
      },
    },
    {
      ...common,
      name: 'readBoardRebuild',
      method: 'GET',
      route: `${path}/{run}`,
      async handler({ call, params }, orchestrations) {
        const { trust } = call.actor;
        const run = params['run'] ?? '';
        const status = isRun.test(run) ? await orchestrations.status(instanceOf(trust)) : undefined;
        if (status === undefined || runOf(status) !== run)
          throw new WardlineError('not-found', 'Your trust has no such rebuild, or a later one took its place.');
        return {
          status: 200,
          ...(status.state === 'running' ? { headers: { 'retry-after': '2' } } : {}),
          json: {
            id: run,
            status: status.state,
            startedAt: status.startedAt.toISOString(),
            updatedAt: status.updatedAt.toISOString(),
            ...(status.customStatus as RebuildProgress | null),
          },
          disclosed: disclosed(trust, 'R'),
        };
      },
    },
  ];
}

const runOf = (status: OrchestrationStatus | undefined): string | undefined =>
  (status?.input as RebuildInput | null | undefined)?.run;

/** Asking again would bring the same answer. */
const lasting: ReadonlySet<string> = new Set(['not-found', 'too-costly']);

export const boardRebuildTriggers = ({ boards }: Pick<App, 'boards'>): Trigger[] => [
  { kind: 'orchestration', name: 'rebuildBoards', orchestrator: rebuildBoards },
  {
    kind: 'activity',
    name: 'listWards',
    handler: (input) => boards.wards((input as RebuildInput).trust),
  },
  {
    kind: 'activity',
    name: 'rebuildWard',
    async handler(input): Promise<WardOutcome> {
      const { trust, ward } = input as RebuildInput & { readonly ward: string };
      try {
        return await boards.rebuildWard(trust, ward);
      } catch (error) {
        if (error instanceof WardlineError && lasting.has(error.code)) return { ward, problem: error.code };
        throw error;
      }
    },
  },
];

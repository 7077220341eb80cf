import { WardlineError } from '../shared/errors.ts';
import type { App } from './app.ts';
import type { OrchestrationRoute } from './orchestrations.ts';
import { rebuildBoards, type WardOutcome } from './rebuild-boards.ts';
import type { Trigger } from './trigger.ts';
import { type TrustJobInput, trustJobRoutes } from './trust-job.ts';

/** Rebuilding what the ward boards show, for those who run the system. */
export const boardRebuildRoutes = (app: Pick<App, 'config' | 'ids'>): OrchestrationRoute[] =>
  trustJobRoutes(app, {
    path: 'operations/boards/rebuild',
    orchestration: 'rebuildBoards',
    start: 'startBoardRebuild',
    read: 'readBoardRebuild',
    subtype: 'rebuild-boards',
    noun: 'rebuild',
    retryAfter: 2,
  });

/** Asking again would bring the same answer. */
const lasting: ReadonlySet<string> = new Set(['not-found', 'too-costly']);

export const boardRebuildTriggers = ({ boards }: Pick<App, 'boards'>): Trigger[] => [
  { kind: 'orchestration', name: 'rebuildBoards', orchestrator: rebuildBoards },
  {
    kind: 'activity',
    name: 'listWards',
    handler: (input) => boards.wards((input as TrustJobInput).trust),
  },
  {
    kind: 'activity',
    name: 'rebuildWard',
    async handler(input): Promise<WardOutcome> {
      const { trust, ward } = input as TrustJobInput & { readonly ward: string };
      try {
        return await boards.rebuildWard(trust, ward);
      } catch (error) {
        if (error instanceof WardlineError && lasting.has(error.code)) return { ward, problem: error.code };
        throw error;
      }
    },
  },
];

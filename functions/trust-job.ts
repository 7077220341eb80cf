import { WardlineError } from '../shared/errors.ts';
import type { App } from './app.ts';
import type { OrchestrationRoute, OrchestrationStatus } from './orchestrations.ts';

/** Long work on all of a trust, which those who run the system start and ask after: one at a time for each trust. */
export interface TrustJob {
  /** Where it is started: `operations/boards/rebuild`. */
  readonly path: string;
  /** Name of the orchestration. */
  readonly orchestration: string;
  /** Names of the two routes. */
  readonly start: string;
  readonly read: string;
  /** What the audit trail calls it; also how its instances are named. */
  readonly subtype: string;
  /** What people call it: `rebuild`. */
  readonly noun: string;
  /** Seconds after which it is worth asking again. */
  readonly retryAfter: number;
}

/** What every such orchestration is started with. */
export interface TrustJobInput {
  readonly trust: string;
  /** Tells one run from the next. */
  readonly run: string;
  readonly traceparent: string;
}

const isRun = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** `POST` starts the job, or tells of the one that runs; `GET …/{run}` tells how far it is. */
export function trustJobRoutes({ config, ids }: Pick<App, 'config' | 'ids'>, job: TrustJob): OrchestrationRoute[] {
  const { path, subtype, noun } = job;
  const common = { policy: 'operations:run', errors: 'problem' } as const;
  const instanceOf = (trust: string): string => `${subtype}-${trust}`;
  const retryAfter = { 'retry-after': String(job.retryAfter) };
  const disclosed = (trust: string, action: 'E' | 'R') => ({
    subtype,
    action,
    entities: [{ type: 'Trust', id: trust }],
  });
  return [
    {
      ...common,
      name: job.start,
      method: 'POST',
      route: path,
      async handler({ call }, orchestrations) {
        const { trust } = call.actor;
        const input: TrustJobInput = { trust, run: ids.ulid(), traceparent: call.traceparent };
        const started = await orchestrations.start(job.orchestration, instanceOf(trust), input);
        const run = started ? input.run : runOf(await orchestrations.status(instanceOf(trust)));
        if (run === undefined)
          throw new WardlineError('conflict', `A ${noun} has just ended. Ask again.`, { retryAfter: 1 });
        const statusUrl = `${config.publicOrigin}/${path}/${run}`;
        return {
          status: 202,
          headers: { location: statusUrl, ...retryAfter },
          json: { id: run, status: 'running', statusUrl },
          disclosed: disclosed(trust, 'E'),
        };
      },
    },
    {
      ...common,
      name: job.read,
      method: 'GET',
      route: `${path}/{run}`,
      async handler({ call, params }, orchestrations) {
        const { trust } = call.actor;
        const run = params['run'] ?? '';
        const status = isRun.test(run) ? await orchestrations.status(instanceOf(trust)) : undefined;
        if (status === undefined || runOf(status) !== run)
          throw new WardlineError('not-found', `Your trust has no such ${noun}, or a later one took its place.`);
        return {
          status: 200,
          ...(status.state === 'running' ? { headers: retryAfter } : {}),
          json: {
            id: run,
            status: status.state,
            startedAt: status.startedAt.toISOString(),
            updatedAt: status.updatedAt.toISOString(),
            ...Object(status.customStatus),
          },
          disclosed: disclosed(trust, 'R'),
        };
      },
    },
  ];
}

const runOf = (status: OrchestrationStatus | undefined): string | undefined =>
  (status?.input as TrustJobInput | null | undefined)?.run;

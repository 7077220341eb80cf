import type { Route } from '../shared/http.ts';
import { queues } from '../shared/topology.ts';
import type { App } from './app.ts';

type Status = 'ok' | 'warning' | 'failing';

interface Check {
  readonly name: string;
  /** `failing` takes this instance out of service; a `warning` is for somebody to look at. */
  readonly status: Status;
  readonly detail: string;
}
type Outcome = Omit<Check, 'name'>;

/** Milliseconds: what answers later counts as away. */
const patience = 2_000;
/** Milliseconds. Anybody may ask; nobody makes Wardline ask its stores more often. */
const keptFor = 1_000;

const ok = (detail: string): Outcome => ({ status: 'ok', detail });

/** Probes. `live`: the process answers. `ready`: it can do its work, and the trusts' reference data are in place. */
export function healthRoutes(app: App): Route[] {
  const probe = { errors: 'problem', method: 'GET' } as const;
  const audited = 'not-needed';
  let last: { readonly checks: Promise<readonly Check[]>; readonly at: number } | undefined;
  const checks = (): Promise<readonly Check[]> => {
    const now = app.clock.now().getTime();
    if (last === undefined || now - last.at >= keptFor) last = { checks: checkAll(app), at: now };
    return last.checks;
  };
  return [
    {
      ...probe,
      name: 'healthLive',
      route: 'health/live',
      policy: 'public',
      handler: async () => ({ status: 200, json: { status: 'ok', checks: [] }, audited }),
    },
    {
      ...probe,
      name: 'healthReady',
      route: 'health/ready',
      policy: 'public',
      async handler() {
        const found = await checks();
        const ready = found.every(({ status }) => status !== 'failing');
        return {
          status: ready ? 200 : 503,
          headers: ready ? {} : { 'retry-after': '2' },
          json: { status: ready ? 'ok' : 'unavailable', checks: found },
          audited,
        };
      },
    },
  ];
}

function checkAll({ access, bus, keyring, config, deadLetters }: App): Promise<readonly Check[]> {
  const { trusts } = config;
  return Promise.all([
    check('records', 'failing', async () => {
      const open = await Promise.all(trusts.map((trust) => access.isOpen(trust)));
      const closed = trusts.filter((_, index) => !open[index]);
      return closed.length === 0
        ? ok(`${trusts.length} trusts open`)
        : { status: 'failing', detail: `not opened yet: ${closed.join(', ')}` };
    }),
    check('keys', 'failing', async () => {
      await Promise.all(trusts.map((trust) => keyring.trustKey(trust, 'reference')));
      return ok('the trusts’ keys open');
    }),
    check('identity', 'failing', async () => {
      await access.reachIssuers();
      return ok(`the keys of ${config.identity.issuers.length} issuers are known`);
    }),
    // Without it records are still read and written, and their events wait in the outbox.
    check('service-bus', 'warning', async () => {
      await bus.reach(queues.audit);
      return ok('takes messages');
    }),
    check('dead-letters', 'warning', async () => {
      const waiting = await deadLetters();
      const detail = waiting.map(({ path, deadLettered }) => `${path}: ${deadLettered}`).join(', ');
      return waiting.length === 0 ? ok('none') : { status: 'warning', detail: `waiting for somebody: ${detail}` };
    }),
  ]);
}

/** @param otherwise what it means when the check gets no answer; why stays in the log, a probe tells no errors. */
async function check(name: string, otherwise: Status, work: () => Promise<Outcome>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const away: Outcome = { status: otherwise, detail: 'does not answer' };
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(resolve, patience, away);
  });
  const outcome = await Promise.race([work().catch(() => away), late]);
  clearTimeout(timer);
  return { name, ...outcome };
}

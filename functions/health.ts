import type { Route } from '../shared/http.ts';
import type { App } from './app.ts';

interface Check {
  readonly name: string;
  readonly status: 'ok' | 'failing' | 'warning';
  readonly detail: string;
}

/** Probes. `live`: the process answers. `ready`: it can do its work, and the trusts' reference data are in place. */
export function healthRoutes({ access, keyring, config, deadLetters }: App): Route[] {
  const problem = { errors: 'problem', policy: 'public', method: 'GET' } as const;
  const check = async (
    name: string,
    work: () => Promise<{ ok: boolean; detail: string; warning?: boolean }>,
  ): Promise<Check> => {
    try {
      const { ok, detail, warning } = await work();
      return { name, status: ok ? (warning ? 'warning' : 'ok') : 'failing', detail };
    } catch {
      return { name, status: 'failing', detail: 'does not answer' };
    }
  };
  return [
    {
      ...problem,
      name: 'healthLive',
      route: 'health/live',
      handler: async () => ({ status: 200, json: { status: 'ok', checks: [] }, audited: 'not-needed' as const }),
    },
    {
      ...problem,
      name: 'healthReady',
      route: 'health/ready',
      async handler() {
        const checks = await Promise.all([
          check('records', async () => {
            const closed = (
              await Promise.all(config.trusts.map(async (trust) => ((await access.isOpen(trust)) ? [] : [trust])))
            ).flat();
            return {
              ok: closed.length === 0,
              detail:
                closed.length === 0 ? `${config.trusts.length} trusts open` : `not opened yet: ${closed.join(', ')}`,
            };
          }),
          check('keys', async () => {
            await Promise.all(config.trusts.map((trust) => keyring.trustKey(trust, 'reference')));
            return { ok: true, detail: 'the trusts’ keys open' };
          }),
          check('dead-letters', async () => {
            const waiting = await deadLetters();
            const detail = waiting.map(({ path, deadLettered }) => `${path}: ${deadLettered}`).join(', ');
            return {
              ok: true,
              warning: waiting.length > 0,
              detail: waiting.length === 0 ? 'none' : `waiting for somebody: ${detail}`,
            };
          }),
        ]);
        const ready = checks.every(({ status }) => status !== 'failing');
        return {
          status: ready ? 200 : 503,
          json: { status: ready ? 'ok' : 'unavailable', checks },
          audited: 'not-needed' as const,
        };
      },
    },
  ];
}

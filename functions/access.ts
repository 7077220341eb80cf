import { WardlineError } from '../shared/errors.ts';
import type { Route } from '../shared/http.ts';
import type { App } from './app.ts';

/** What a trust's operators approve. */
export function accessRoutes({ access }: App): Route[] {
  const problem = { errors: 'problem' } as const;
  return [
    {
      ...problem,
      name: 'approveTeam',
      method: 'PUT',
      route: 'operations/teams/{team}',
      policy: 'operations:approve',
      async handler({ call, params, json }) {
        const { wards } = Object(await json()) as { wards?: unknown };
        if (!Array.isArray(wards) || !wards.every((ward) => typeof ward === 'string'))
          throw new WardlineError('invalid-body', 'Send {"wards": ["J09"]}; "*" means all wards, an empty list none.', {
            expression: 'wards',
          });
        await access.approveTeam(call.actor.trust, { name: params['team'] ?? '', wards });
        return { status: 204, disclosed: { subtype: 'approve-team', action: 'U' } };
      },
    },
    {
      ...problem,
      name: 'openTrust',
      method: 'PUT',
      route: 'operations/trusts/{ods}',
      policy: 'operations:approve',
      async handler({ call, params }) {
        if (params['ods'] !== call.actor.trust) throw new WardlineError('forbidden', 'You open your own trust only.');
        await access.openTrust(call.actor.trust);
        return { status: 204, disclosed: { subtype: 'open-trust', action: 'U' } };
      },
    },
  ];
}

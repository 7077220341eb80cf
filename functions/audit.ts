import { chainsOf, parseEntry, toNdjson } from '../shared/audit/index.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Route } from '../shared/http.ts';
import { queues } from '../shared/topology.ts';
import type { App } from './app.ts';
import { auditEventRoutes } from './audit-event.ts';
import { disclosureRoutes } from './disclosures.ts';
import type { Trigger } from './trigger.ts';

/** A week and more of an answer: one a trust and hour. */
const mostCheckpoints = 200;

/** The audit trail, for those who keep watch over it. */
export function auditRoutes(app: App): Route[] {
  const { audit, records } = app;
  const policy = 'audit:read';
  return [
    ...auditEventRoutes(app),
    ...disclosureRoutes(app),
    {
      name: 'readAuditEntries',
      method: 'GET',
      route: 'audit/patients/{patient}/entries',
      errors: 'problem',
      policy,
      async handler({ call, params }) {
        const token = await records.patientToken(call.actor.trust, params['patient'] ?? '');
        if (token === undefined) throw new WardlineError('not-found', 'There is no such patient.');
        const entries = await audit.ofPatient(call.actor.trust, token);
        return { status: 200, json: { entries }, disclosed: { subtype: 'audit-read', action: 'R', patients: [token] } };
      },
    },
    {
      name: 'exportAuditChains',
      method: 'GET',
      route: 'audit/chains/{month}',
      errors: 'problem',
      policy,
      async handler({ call, params, query }) {
        const month = params['month'] ?? '';
        if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month))
          throw new WardlineError('invalid-parameter', 'The month is written as 2026-11.', { expression: 'month' });
        const chains = chainsOf(call.actor.trust, month);
        const shard = wholeNumber(query, 'shard', chains.length - 1);
        const after = wholeNumber(query, 'after', Number.MAX_SAFE_INTEGER) ?? 0;
        const wanted = chains.filter((_, index) => shard === undefined || index === shard);
        const pages = await Promise.all(wanted.map((chain) => audit.readChain(chain, after)));
        return {
          status: 200,
          contentType: 'application/x-ndjson',
          body: toNdjson(pages),
          disclosed: { subtype: 'audit-export', action: 'E' },
        };
      },
    },
    {
      name: 'exportAuditCheckpoints',
      method: 'GET',
      route: 'audit/checkpoints',
      errors: 'problem',
      policy,
      async handler({ call, query }) {
        const after = wholeNumber(query, 'after', Number.MAX_SAFE_INTEGER) ?? 0;
        const lines = await audit.readCheckpoints(call.actor.trust, after, mostCheckpoints);
        return {
          status: 200,
          contentType: 'application/x-ndjson',
          body: lines.join(''),
          disclosed: { subtype: 'audit-export', action: 'E' },
        };
      },
    },
  ];
}

function wholeNumber(query: URLSearchParams, name: string, maximum: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || value > maximum)
    throw new WardlineError('invalid-parameter', `${name} is a whole number up to ${maximum}.`, { expression: name });
  return value;
}

export const auditTriggers = ({ audit, config, clock, telemetry }: App): Trigger[] => [
  {
    kind: 'queue',
    name: 'appendAudit',
    queue: queues.audit,
    sessions: false,
    batch: true,
    async handler(messages) {
      const entries = messages.flatMap(({ body }) => parseEntry(body) ?? []);
      await audit.append(entries);
      // The others are chained; delivered again they change nothing, until this one is dead-lettered.
      if (entries.length < messages.length)
        throw new WardlineError('malformed-message', 'A message of the audit queue holds no audit entry.');
    },
  },
  {
    kind: 'feed',
    name: 'discloseAudit',
    container: 'audit',
    leasePrefix: 'disclose-',
    handler: (documents) => audit.disclose(documents),
  },
  {
    kind: 'timer',
    name: 'sealAuditChains',
    // At five past each hour.
    schedule: '0 5 * * * *',
    async handler() {
      for (const trust of config.trusts) await audit.seal(trust, clock.now());
    },
  },
  {
    kind: 'timer',
    name: 'proveAuditComplete',
    // At twenty past: what was answered in the hour before is chained by then.
    schedule: '0 20 * * * *',
    async handler() {
      for (const trust of config.trusts)
        for (const hour of await audit.proveComplete(trust, clock.now()))
          telemetry.event(hour.missing === 0 ? 'audit-complete' : 'audit-incomplete', { ...hour });
    },
  },
];

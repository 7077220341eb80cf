import { inPlainWords } from '../shared/audit/index.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Route } from '../shared/http.ts';
import { relationOf } from '../shared/records/index.ts';
import type { App } from './app.ts';

const mostAtOnce = 500;
const usual = 100;

/** Who saw a patient's record, for the patient, and for the privacy officer whom the patient asks. */
export function disclosureRoutes({
  access,
  audit,
  records,
}: {
  readonly access: Pick<App['access'], 'require'>;
  readonly audit: Pick<App['audit'], 'ofPatient'>;
  readonly records: Pick<App['records'], 'patientToken' | 'head'>;
}): Route[] {
  return [
    {
      name: 'readDisclosures',
      method: 'GET',
      route: 'patients/{patient}/disclosures',
      errors: 'problem',
      policy: 'disclosure:read',
      async handler({ call, params, query }) {
        const { trust } = call.actor;
        const token = await records.patientToken(trust, params['patient'] ?? '');
        const head = token === undefined ? undefined : await records.head(trust, token);
        if (head === undefined) {
          // A patient learns nothing of others, not even whether they are known here.
          await access.require(call, { policy: 'disclosure:read', trust, patient: { token: '', wards: [] } });
          throw new WardlineError('not-found', 'There is no such patient.');
        }
        await access.require(call, { policy: 'disclosure:read', trust, patient: relationOf(head.token, head) });
        const tokens = head.group?.map(({ token: one }) => one) ?? [head.token];
        // A person who was registered twice asks once. What concerned both is told once.
        const told = (await Promise.all(tokens.map((one) => audit.ofPatient(trust, one)))).flat();
        const all = [...new Map(told.map((entry) => [entry.id, entry])).values()].sort((a, b) =>
          b.recorded.localeCompare(a.recorded),
        );
        const entries = all.slice(startIn(query, all));
        const count = countIn(query);
        const last = entries[count - 1];
        return {
          status: 200,
          json: {
            disclosures: entries.slice(0, count).map(inPlainWords),
            ...(entries.length > count && last !== undefined
              ? { next: `?after=${encodeURIComponent(last.id)}&count=${count}` }
              : {}),
          },
          disclosed: { subtype: 'disclosures', action: 'R', patients: tokens },
        };
      },
    },
  ];
}

/** The place behind the entry that the page before ended with. @throws WardlineError `invalid-parameter` */
function startIn(query: URLSearchParams, entries: readonly { readonly id: string }[]): number {
  const after = query.get('after');
  if (after === null) return 0;
  const found = entries.findIndex(({ id }) => id === after);
  if (found < 0)
    throw new WardlineError('invalid-parameter', 'after is the id of the last disclosure of the page before.', {
      expression: 'after',
    });
  return found + 1;
}

/** @throws WardlineError `invalid-parameter` */
function countIn(query: URLSearchParams): number {
  const text = query.get('count') ?? String(usual);
  if (!/^[1-9]\d{0,2}$/.test(text) || Number(text) > mostAtOnce)
    throw new WardlineError('invalid-parameter', `count is a whole number from 1 to ${mostAtOnce}.`, {
      expression: 'count',
    });
  return Number(text);
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { eventually, type Wardline } from '../support/wardline.ts';
import type { Answered } from './answered.ts';

/** Chained entry ids of this month and the last, of every shard. */
async function chainedIds(wardline: Wardline): Promise<string[]> {
  const now = new Date();
  const months = [now, new Date(now.getTime() - 3_600_000)].map((date) => date.toISOString().slice(0, 7));
  const ids: string[] = [];
  for (const month of new Set(months))
    for (const shard of [0, 1, 2, 3])
      for (let after = 0, more = true; more; ) {
        const page = await wardline.call('auditor', `/audit/chains/${month}?shard=${shard}&after=${after}`);
        assert.equal(page.status, 200);
        const lines = (await page.text())
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
        const links = lines.filter(({ entry }) => entry !== undefined);
        ids.push(...links.map(({ entry }) => entry.id));
        after = links.at(-1)?.seq ?? after;
        more = lines[0]?.more === true;
      }
  return ids;
}

/**
 * Each answered request has exactly one entry, and no entry is there twice. A board that is looked at has one a
 * viewing session, not one a request; a request without a valid token has none.
 */
export async function assertOneEntryEach(wardline: Wardline, answered: readonly Answered[]): Promise<void> {
  const wanted = answered.filter(({ path, status }) => status !== 401 && !/^\/(boards|health)\//.test(path));
  const missing = (ids: ReadonlySet<string>): Answered[] => wanted.filter(({ requestId }) => !ids.has(requestId));
  const ids = await eventually(
    () => chainedIds(wardline),
    (chained) => missing(new Set(chained)).length === 0,
    90_000,
  );
  assert.deepEqual(missing(new Set(ids)), []);
  assert.equal(new Set(ids).size, ids.length, 'an entry is chained twice');
}

/** The verifier finds nothing. What was under way may still be appended, so it is asked again. */
export async function assertChainsVerify(wardline: Wardline): Promise<void> {
  const verify = () =>
    spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'tools/audit-verify.ts', '--state', wardline.state],
      { encoding: 'utf8' },
    );
  await eventually(
    async () => verify(),
    ({ status }) => status === 0,
    30_000,
  );
}

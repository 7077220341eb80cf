import type { Ods } from '../../context.ts';
import { partitionsOf } from '../partition.ts';
import { type RewriteDependencies, rewriteStale } from './rewrite.ts';
import type { Rotated } from './rotation.ts';

const partitionsTogether = 8;
const stale =
  "c.kind IN ('current', 'version') AND IS_DEFINED(c.sealed) AND (NOT STARTSWITH(c.sealed, @sealed) OR EXISTS(SELECT VALUE s FROM s IN c.search WHERE NOT STARTSWITH(s, @hashed)))";

/** Resources of a type outside patients' compartments: sealed with the trust's own key, superseded versions too. */
export async function rotateShared(deps: RewriteDependencies, trust: Ods, type: string): Promise<Rotated> {
  const key = await deps.keyring.trustKey(trust, 'reference');
  const parameters = { sealed: `${key.version}.`, hashed: `${await deps.keyring.hashVersion(trust)}.` };
  const partitions = partitionsOf(trust, type);
  let changed = 0;
  let left = 0;
  for (let start = 0; start < partitions.length; start += partitionsTogether) {
    const some = partitions.slice(start, start + partitionsTogether);
    const rotated = await Promise.all(
      some.map((partition) => rewriteStale(deps, trust, partition, { sql: stale, parameters }, key)),
    );
    for (const one of rotated) {
      changed += one.changed;
      left += one.left;
    }
  }
  return { changed, left };
}

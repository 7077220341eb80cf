import type { Instance } from './store.ts';
import type { TaskHub } from './task-hub.ts';

/** Which instances; moments in epoch milliseconds, both inclusive. */
export interface InstanceFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Empty: any. */
  readonly statuses: readonly string[];
  readonly prefix?: string | undefined;
}

/**
 * A page of instances in the order of their ids.
 * @param after the last id of the page before
 */
export function queryInstances(
  { store }: TaskHub,
  filter: InstanceFilter,
  page: { readonly after: string; readonly size: number },
): { readonly instances: readonly Instance[]; readonly more: boolean } {
  const found = store.all<Instance>(
    `SELECT * FROM instances WHERE id > ?1 AND created >= ?2 AND created <= ?3
     AND (?4 = '[]' OR status IN (SELECT value FROM json_each(?4))) AND substr(id, 1, length(?5)) = ?5 ORDER BY id LIMIT ?6`,
    page.after,
    filter.from ?? 0,
    filter.to ?? Number.MAX_SAFE_INTEGER,
    JSON.stringify(filter.statuses),
    filter.prefix ?? '',
    page.size + 1,
  );
  return { instances: found.slice(0, page.size), more: found.length > page.size };
}

import { WardlineError } from '../errors.ts';
import type { CurrentBody } from './documents.ts';
import type { Change } from './records.ts';
import { timeAfter } from './view.ts';

/** Number, time and kind of the version that a change makes. */
export interface NewVersion {
  readonly versionId: number;
  /** Epoch milliseconds. */
  readonly lastUpdated: number;
  readonly kind: 'created' | 'updated' | 'deleted';
}

/**
 * @param before the newest version, a deletion included; undefined: there never was one
 * @throws WardlineError `conflict` (create of what exists), `not-found`, `gone`, `version-mismatch`
 */
export function newVersion(change: Change, before: CurrentBody | undefined, now: number): NewVersion {
  const lastUpdated = timeAfter(before?.lastUpdated, now);
  if (change.kind === 'create') {
    if (before !== undefined) throw new WardlineError('conflict', 'A resource with this id exists already.');
    return { versionId: 1, lastUpdated, kind: 'created' };
  }
  if (change.ifMatch !== undefined && change.ifMatch !== String(before?.versionId)) {
    throw new WardlineError('version-mismatch', 'The resource has another version now: read it again.', {
      expression: 'If-Match',
    });
  }
  if (change.kind === 'update' && change.onlyNew === true && before !== undefined && before.change !== 'deleted') {
    throw new WardlineError('version-mismatch', 'A resource with this id exists already.', {
      expression: 'If-None-Match',
    });
  }
  const creates = change.kind === 'update' && change.allowCreate === true;
  if (before === undefined) {
    if (!creates) throw new WardlineError('not-found', 'There is no such resource.');
    return { versionId: 1, lastUpdated, kind: 'created' };
  }
  const versionId = before.versionId + 1;
  if (before.change !== 'deleted') {
    return { versionId, lastUpdated, kind: change.kind === 'delete' ? 'deleted' : 'updated' };
  }
  if (!creates) throw new WardlineError('gone', 'The resource was deleted.');
  return { versionId, lastUpdated, kind: 'created' };
}

import type { Reply } from '../../shared/http.ts';
import type { StoredResource } from '../../shared/records/index.ts';

/** What the audit entry of a read says: which versions of whose record were shown. */
export const disclosed = (subtype: string, shown: readonly StoredResource[]): NonNullable<Reply['disclosed']> => ({
  subtype,
  action: 'R',
  patients: [...new Set(shown.flatMap(({ patient }) => patient ?? []))],
  entities: entitiesOf(shown),
});

/** The versions that were shown. */
export const entitiesOf = (
  shown: readonly Pick<StoredResource, 'resource' | 'versionId'>[],
): { type: string; id: string; versionId: string }[] =>
  shown.map(({ resource, versionId }) => ({ type: resource.resourceType, id: String(resource.id), versionId }));

import type { Blobs } from '../../azure/blobs.ts';
import type { Documents } from '../../azure/documents.ts';
import type { Ods } from '../../context.ts';
import { blobContainers } from '../../topology.ts';
import type { Stageable, VersionDocument } from '../documents.ts';
import { currentId, headId, isFhirId, ofRef } from '../ids.ts';
import { locate } from '../locate.ts';
import { partitionOf } from '../partition.ts';
import type { Reader } from '../reader.ts';
import { unsealContent } from '../sealing.ts';
import type { Attachments } from './erasure.ts';
import { requireErasable } from './requests.ts';

interface Dependencies {
  readonly documents: Documents;
  readonly reader: Reader;
  readonly blobs: Pick<Blobs, 'remove'>;
}

/** See {@link RecordErasure.eraseAttachments}. A Binary lies in the record that its securityContext names. */
export async function eraseAttachments(deps: Dependencies, trust: Ods, token: string): Promise<Attachments> {
  const partition = partitionOf(trust, { patient: token });
  const { views } = await deps.reader.together(partition, [headId]);
  const body = views[0]?.body;
  if (body?.kind !== 'head' || body.erased === true) return { erased: 0, remaining: [] };
  const { head, key } = await deps.reader.openHead({ partition, trust }, body);
  // Before anything goes: the patient may have been admitted, or merged, since the request.
  requireErasable(head);
  const { items } = await deps.documents.query<Stageable | VersionDocument>(
    "SELECT * FROM c WHERE c.kind IN ('current', 'version')",
    {},
    { partition },
  );
  const named = new Set<string>();
  const own = new Set<string>();
  let erased = 0;
  for (const document of items) {
    if (document.kind !== 'current' && document.kind !== 'version') continue;
    own.add(document.of);
    const content = unsealContent(key, partition, document);
    for (const id of binariesIn(content?.resource)) named.add(id);
    if (content?.content === undefined) continue;
    await deps.blobs.remove(blobContainers.binaries, content.content.blob);
    erased += 1;
  }
  const remaining: string[] = [];
  for (const id of named)
    if (!own.has(ofRef({ type: 'Binary', id })) && (await exists(deps.reader, trust, id)))
      remaining.push(`Binary/${id}`);
  return { erased, remaining };
}

/** Binaries that an attachment of a resource leads to. */
function binariesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(binariesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => {
    const id = name === 'url' && typeof one === 'string' ? /^Binary\/([^/]+)$/.exec(one)?.[1] : undefined;
    return id === undefined || !isFhirId(id) ? binariesIn(one) : [id];
  });
}

async function exists(reader: Reader, trust: Ods, id: string): Promise<boolean> {
  const ref = { type: 'Binary', id };
  const { partition } = await locate(reader, trust, ref);
  return (await reader.together(partition, [currentId(ref)])).views[0] !== undefined;
}

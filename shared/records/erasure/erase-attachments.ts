import type { Documents } from '../../azure/documents.ts';
import type { Ods } from '../../context.ts';
import type { FhirResource } from '../../fhir/index.ts';
import type { Keyring } from '../../keys/index.ts';
import type { Stageable, VersionDocument } from '../documents.ts';
import { currentId, headId, isFhirId, ofRef } from '../ids.ts';
import { partitionOf } from '../partition.ts';
import type { Reader } from '../reader.ts';
import type { ResourceRef } from '../records.ts';
import { unsealContent } from '../sealing.ts';
import type { Attachments } from './erasure.ts';

interface Dependencies {
  readonly documents: Documents;
  readonly reader: Reader;
  readonly keyring: Keyring;
}

/** See {@link RecordErasure.eraseAttachments}. A Binary says whose it is by its securityContext (FHIR R4, Binary). */
export async function eraseAttachments(deps: Dependencies, trust: Ods, token: string): Promise<Attachments> {
  const partition = partitionOf(trust, { patient: token });
  const { views } = await deps.reader.together(partition, [headId]);
  const body = views[0]?.body;
  if (body?.kind !== 'head' || body.erased === true) return { erased: 0, remaining: [] };
  const { key } = await deps.reader.openHead({ partition, trust }, body);
  const named = new Set<string>();
  const own = new Set<string>();
  const { items } = await deps.documents.query<Stageable | VersionDocument>(
    "SELECT * FROM c WHERE c.kind IN ('current', 'version')",
    {},
    { partition },
  );
  for (const document of items) {
    if (document.kind !== 'current' && document.kind !== 'version') continue;
    own.add(ofRef({ type: document.type, id: document.resource }));
    for (const id of binariesIn(unsealContent(key, partition, document)?.resource)) named.add(id);
  }
  let erased = 0;
  const remaining: string[] = [];
  for (const id of named) {
    const ref = { type: 'Binary', id };
    const context = await contextOf(deps, trust, ref);
    if (context === undefined) continue;
    if (context !== null && own.has(ofRef(context))) {
      await remove(deps.documents, trust, ref);
      erased += 1;
    } else remaining.push(`Binary/${id}`);
  }
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

/** What a Binary says it belongs to; null: nothing; undefined: there is no such Binary. */
async function contextOf(
  { reader, keyring }: Dependencies,
  trust: Ods,
  ref: ResourceRef,
): Promise<ResourceRef | null | undefined> {
  const partition = partitionOf(trust, ref);
  const body = (await reader.together(partition, [currentId(ref)])).views[0]?.body;
  if (body?.kind !== 'current') return undefined;
  const resource = unsealContent(await keyring.trustKey(trust, 'reference'), partition, body)?.resource;
  const { securityContext } = (resource ?? {}) as FhirResource & { securityContext?: { reference?: string } };
  const [, type, id] = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})$/.exec(securityContext?.reference ?? '') ?? [];
  return type === undefined || id === undefined ? null : { type, id };
}

async function remove(documents: Documents, trust: Ods, ref: ResourceRef): Promise<void> {
  const partition = partitionOf(trust, ref);
  const { items } = await documents.query<string>(
    "SELECT VALUE c.id FROM c WHERE c.kind IN ('current', 'version') AND c.of = @of",
    { of: ofRef(ref) },
    { partition },
  );
  for (const id of items) await documents.batch(partition, [{ op: 'delete', id }]);
}

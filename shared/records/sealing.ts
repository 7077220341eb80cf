import type { FhirResource, SearchEntry } from '../fhir/index.ts';
import { type SealKey, seal, unseal } from '../keys/index.ts';
import type { BinaryContent, Head, HeadBody, HeadContent, VersionBody } from './documents.ts';
import { patientOf } from './partition.ts';
import type { StoredResource } from './records.ts';

/** What a version's sealed text holds. */
export interface Content {
  readonly resource: FhirResource;
  readonly entries: readonly SearchEntry[];
  /** Of a Binary, whose `data` stands in no document. */
  readonly content?: BinaryContent;
}

/**
 * Additional authenticated data: partition, id, version and kind. The id is the resource's, not the document's, so that
 * a superseded version moves to its own document as it is, without the patient's key.
 */
const resourceAad = (partition: string, of: string, version: number): string =>
  `${partition}|${of}|${version}|resource`;
const headAad = (partition: string, seq: number): string => `${partition}|head|${seq}|head`;

export const sealContent = (
  key: SealKey,
  partition: string,
  body: Pick<VersionBody, 'of' | 'versionId'>,
  content: Content,
): string => seal(key, content, resourceAad(partition, body.of, body.versionId));

/** @throws WardlineError `internal` when the text was altered, or stands where it does not belong */
export const unsealContent = (key: SealKey, partition: string, body: VersionBody): Content | undefined =>
  body.sealed === undefined
    ? undefined
    : unseal<Content>(key, body.sealed, resourceAad(partition, body.of, body.versionId));

/** The version as the areas see it: id and meta stand outside the sealed text and are put back here. */
export function storedResource(partition: string, body: VersionBody, content: Content | undefined): StoredResource {
  const resource = content?.resource ?? { resourceType: body.type };
  const lastUpdated = new Date(body.lastUpdated).toISOString();
  const patient = patientOf(partition);
  return {
    resource: {
      ...resource,
      id: body.resource,
      meta: { ...resource.meta, versionId: String(body.versionId), lastUpdated },
    } as FhirResource,
    versionId: String(body.versionId),
    lastUpdated,
    change: body.change,
    deleted: body.sealed === undefined,
    partition,
    ...(patient === undefined ? {} : { patient }),
    ...(content?.content === undefined ? {} : { content: content.content }),
  };
}

export const sealHead = (key: SealKey, partition: string, seq: number, content: HeadContent): string =>
  seal(key, content, headAad(partition, seq));

export function openHead(key: SealKey, place: { partition: string; trust: string }, body: HeadBody): Head {
  const content = unseal<HeadContent>(key, body.sealed, headAad(place.partition, body.seq));
  return { ...content, token: body.of, trust: place.trust, wrappedKey: body.wrappedKey, seq: body.seq };
}

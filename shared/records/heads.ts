import type { Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { Keyring, SealKey } from '../keys/index.ts';
import type { Head, HeadBody, HeadContent } from './documents.ts';
import { headId } from './ids.ts';
import { isMerged } from './merging/merged.ts';
import { partitionOf } from './partition.ts';
import { type Target, unknownPatient } from './place.ts';
import type { Reader } from './reader.ts';
import { sealHead } from './sealing.ts';
import type { Snapshot } from './snapshot.ts';
import type { Found, Write } from './write.ts';

/** A patient's head during a commit: what it was, and what it becomes. */
export interface WorkingHead {
  readonly token: string;
  readonly partition: string;
  readonly before: Found<HeadBody> | undefined;
  readonly contentBefore: HeadContent | undefined;
  readonly wrappedKey: string;
  readonly key: SealKey;
  content: HeadContent;
}

/**
 * The heads of all patients of a commit; a Patient that is created gets its own random key.
 * @throws WardlineError `business-rule` for a resource of an unknown patient, `not-found` for a change of one
 */
export async function workingHeads(
  { reader, keyring }: { reader: Reader; keyring: Keyring },
  trust: Ods,
  targets: readonly Target[],
  snapshot: Snapshot,
): Promise<ReadonlyMap<string, WorkingHead>> {
  const heads = new Map<string, WorkingHead>();
  for (const { patient: token, ref, change } of targets) {
    if (token === undefined || heads.has(token)) continue;
    const partition = partitionOf(trust, { patient: token });
    const before = snapshot.find('head', partition, headId);
    if (before !== undefined) {
      const { head, key } = await reader.openHead({ partition, trust }, before.document);
      const content = contentOf(head);
      heads.set(token, { token, partition, before, contentBefore: content, wrappedKey: head.wrappedKey, key, content });
      continue;
    }
    const maker = targets.find((each) => each.patient === token && makesPatient(each));
    if (maker === undefined) {
      throw change.kind === 'create'
        ? unknownPatient(ref.type)
        : new WardlineError('not-found', 'There is no such resource.');
    }
    const { wrapped: wrappedKey, key } = await keyring.newPatientKey(trust);
    const content = { patientId: maker.ref.id, placements: [] };
    heads.set(token, { token, partition, before, contentBefore: undefined, wrappedKey, key, content });
  }
  return heads;
}

/** The write of a head whose content changed; undefined: it did not. */
export function headWrite(trust: Ods, head: WorkingHead): Write | undefined {
  const { partition, before, content, contentBefore, key, token, wrappedKey } = head;
  if (content === contentBefore) return undefined;
  const seq = (before?.document.seq ?? 0) + 1;
  const sealed = sealHead(key, partition, seq, content);
  return {
    partition,
    trust,
    id: headId,
    ...(before === undefined ? {} : { before }),
    after: { kind: 'head', of: token, seq, wrappedKey, sealed, ...(isMerged(content) ? { merged: true } : {}) },
  };
}

const makesPatient = ({ ref, change }: Target): boolean =>
  ref.type === 'Patient' && (change.kind === 'create' || (change.kind === 'update' && change.allowCreate === true));

const contentOf = ({
  token: _token,
  trust: _trust,
  wrappedKey: _key,
  seq: _seq,
  group: _group,
  ...content
}: Head): HeadContent => content;

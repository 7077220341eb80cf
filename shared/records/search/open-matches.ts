import type { Access } from '../../access/index.ts';
import type { Documents } from '../../azure/documents.ts';
import type { Call, Clock, Ods } from '../../context.ts';
import type { Keyring } from '../../keys/index.ts';
import type { Collected } from '../collect.ts';
import { policyOf, relationOf } from '../decide.ts';
import type { CurrentBody, Stageable, VersionBody } from '../documents.ts';
import { isShown, type Opening } from '../opening.ts';
import { patientOf } from '../partition.ts';
import type { Reader, Viewed } from '../reader.ts';
import type { Match } from '../records.ts';
import { storedResource, unsealContent } from '../sealing.ts';

export interface SearchDependencies {
  readonly documents: Documents;
  readonly reader: Reader;
  readonly keyring: Keyring;
  readonly access: Pick<Access, 'decide' | 'require'>;
  readonly clock: Clock;
}

/** A match, and who stands for its patient. */
export interface OpenedMatch extends Match {
  /** Id of the Patient whom this one's gave way to; undefined: it stands for itself. */
  readonly survivor?: string;
}

/**
 * Decrypts what was collected of a type, as far as the actor may see it: the present versions, or those that stood at a
 * moment.
 */
export async function openMatches(
  deps: SearchDependencies,
  call: Call,
  trust: Ods,
  collected: Collected,
  wanted: {
    readonly types?: ReadonlySet<string>;
    readonly at?: number | undefined;
  },
): Promise<OpenedMatch[]> {
  const openings = await openAllowed(deps, call, trust, collected);
  const opened = new Map<string, OpenedMatch>();
  for (const { partition, body } of bodiesAt(collected, wanted.at)) {
    if (wanted.types?.has(body.type) === false) continue;
    const opening = openings.get(partition);
    const content = opening === undefined ? undefined : unsealContent(opening.key, partition, body);
    if (opening === undefined || content === undefined) continue;
    if (!(await isShown(deps.access, call, trust, opening, content.resource))) continue;
    const { survivor } = opening;
    opened.set(`${partition}|${body.of}`, {
      ...storedResource(partition, body, content),
      entries: content.entries,
      ...(survivor === undefined ? {} : { survivor }),
    });
  }
  return [...opened.values()];
}

/** The versions that stood at a moment (undefined: now), each with its partition; deletions among them. */
export function bodiesAt(
  { views, versions }: Pick<Collected, 'views' | 'versions'>,
  at: number | undefined,
): { partition: string; body: VersionBody }[] {
  const present = views.flatMap(({ document, body }) => {
    if (body.kind !== 'current') return [];
    const { partition } = document;
    if (at === undefined || body.lastUpdated <= at) return [{ partition, body }];
    // A version that is staged over and not moved yet is still in the present document, under what replaces it.
    const under = stagedOver(document, body);
    return under !== undefined && under.lastUpdated <= at ? [{ partition, body: under }] : [];
  });
  return at === undefined ? present : [...versions.map((body) => ({ partition: body.partition, body })), ...present];
}

function stagedOver(document: Stageable, body: CurrentBody): VersionBody | undefined {
  return document.kind === 'current' && document.next?.was !== undefined && document.versionId !== body.versionId
    ? document
    : undefined;
}

/** The partitions that the actor may see, one decision a patient. */
export async function openAllowed(
  { reader, keyring, access }: SearchDependencies,
  call: Call,
  trust: Ods,
  { views, versions }: Collected,
): Promise<ReadonlyMap<string, Opening>> {
  const openings = new Map<string, Opening>();
  const open = async ({ document: { partition }, body }: Viewed): Promise<void> => {
    if (body.kind !== 'head' || body.erased === true) return;
    const { head, key } = await reader.openHead({ partition, trust }, body);
    const joined = await reader.join(head);
    const patient = relationOf(head.token, joined);
    const survivor = head.mergedInto === undefined ? undefined : joined.group?.[0]?.patientId;
    if ((await access.decide(call.actor, { policy: policyOf(call), trust, patient })).allowed)
      openings.set(partition, { key, patient, ...(survivor === undefined ? {} : { survivor }) });
  };
  for (const view of views) await open(view);
  const others = [...views.map(({ document }) => document), ...versions].map(({ partition }) => partition);
  for (const partition of new Set(others.filter((one) => patientOf(one) === undefined))) {
    const type = partition.split('|')[1] ?? '';
    if ((await access.decide(call.actor, { policy: policyOf(call), trust, type, patient: 'none' })).allowed)
      openings.set(partition, { key: await keyring.trustKey(trust, 'reference'), patient: undefined });
  }
  return openings;
}

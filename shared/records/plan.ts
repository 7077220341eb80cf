import type { Access } from '../access/index.ts';
import type { Documents } from '../azure/documents.ts';
import type { Call, Clock, Ods } from '../context.ts';
import type { FhirResource } from '../fhir/index.ts';
import type { Keyring } from '../keys/index.ts';
import { type ContentDependencies, type KeptContents, keepContents } from './binary-content.ts';
import { withCareRelations } from './care-relations.ts';
import { type Claim, claimsOf, claimWrite } from './create-claim.ts';
import { policyOf, requireChanges } from './decide.ts';
import type { Authorship, BinaryContent, CurrentBody } from './documents.ts';
import { withEmergency } from './emergency.ts';
import { headWrite, type WorkingHead, workingHeads } from './heads.ts';
import { currentId, headId, locatorId, ofRef } from './ids.ts';
import { keepLinks } from './merging/keep-links.ts';
import { withMerge } from './merging/merged.ts';
import { newVersion } from './new-version.ts';
import { partitionOf } from './partition.ts';
import type { Target } from './place.ts';
import { placementOf } from './placement-of.ts';
import { type LocationLike, withOrder, withPlacement } from './placements.ts';
import type { ChangePlan, Plan, PlannedChange } from './planned.ts';
import { pointerWrites } from './pointer-writes.ts';
import type { Reader } from './reader.ts';
import { requireSeen } from './require-seen.ts';
import { withLabels, withObjections } from './restrictions.ts';
import { type Content, sealContent, unsealContent } from './sealing.ts';
import type { Settling } from './settle.ts';
import { type Snapshot, takeSnapshot, type Wanted } from './snapshot.ts';
import { termsOf } from './terms.ts';
import { timelineKey } from './timeline-key.ts';
import type { Wards } from './wards.ts';
import type { Write } from './write.ts';

export interface PlanDependencies extends ContentDependencies {
  readonly documents: Documents;
  readonly settling: Settling;
  readonly reader: Reader;
  readonly keyring: Keyring;
  readonly access: Pick<Access, 'require'>;
  readonly wards: Wards;
  readonly clock: Clock;
}

/**
 * Reads what the commit builds on, asks whether it is allowed, and decides every write.
 * @param kept contents of Binaries that an earlier attempt wrote, and to which this one adds
 * @param careful reads also what should not be there yet: after a lost race
 * @throws WardlineError as {@link Records.commit} says
 */
export async function planCommit(
  deps: PlanDependencies,
  call: Call,
  trust: Ods,
  targets: readonly Target[],
  messageId: string | undefined,
  kept: KeptContents,
  careful: boolean,
): Promise<Plan> {
  const claims = await claimsOf(deps.keyring, trust, targets);
  const snapshot = await takeSnapshot(deps, wantedBy(targets, claims, careful));
  const heads = await workingHeads(deps, trust, targets, snapshot);
  await requireChanges(deps, call, trust, targets, heads);
  await keepContents(deps, trust, targets, kept);
  const by: Authorship = {
    actor: call.actor.id,
    role: call.actor.role,
    trust: call.actor.trust,
    request: call.requestId,
    ...(messageId === undefined ? {} : { message: messageId }),
  };
  const writes: Write[] = [];
  const changes: PlannedChange[] = [];
  const locations = locationsIn(targets);
  for (const target of targets) {
    const head = target.patient === undefined ? undefined : heads.get(target.patient);
    const contentBefore = contentOf(target, head, snapshot);
    await requireSeen(deps, call, trust, head, contentBefore?.resource);
    const binary = kept.get(target.change);
    const planned = await planChange(deps, trust, target, head, snapshot, by, contentBefore, binary);
    writes.push(...planned.writes);
    changes.push(planned.change);
    if (target.ref.type === 'Patient' && head !== undefined) changeMerge(target, head, planned);
    if (head !== undefined) await changeHead(deps, call, trust, target, head, locations);
    if (target.ref.type === 'Patient' && head !== undefined) {
      writes.push(...(await pointerWrites(deps, trust, target, head, planned, careful)));
    }
  }
  for (const claim of claims) writes.push(claimWrite(trust, claim, snapshot));
  for (const head of heads.values()) {
    const write = headWrite(trust, head);
    if (write !== undefined) writes.push(write);
  }
  return { writes, changes };
}

function wantedBy(targets: readonly Target[], claims: readonly Claim[], careful: boolean): Wanted {
  const wanted = new Map<string, Set<string>>();
  const want = (partition: string, id: string): void => {
    wanted.set(partition, (wanted.get(partition) ?? new Set()).add(id));
  };
  for (const { change, ref, partition, patient, newPatient } of targets) {
    if (patient !== undefined && (!newPatient || careful)) want(partition, headId);
    if (change.kind !== 'create' || careful) want(partition, currentId(ref));
  }
  for (const { partition, id } of claims) want(partition, id);
  return wanted;
}

async function planChange(
  { keyring, clock }: PlanDependencies,
  trust: Ods,
  { change, ref, partition, patient, newLocator }: Target,
  head: WorkingHead | undefined,
  snapshot: Snapshot,
  by: Authorship,
  contentBefore: Content | undefined,
  binary: BinaryContent | undefined,
): Promise<ChangePlan> {
  const before = snapshot.find('current', partition, currentId(ref));
  const { versionId, lastUpdated, kind } = newVersion(change, before?.document, clock.now().getTime());
  const key = head?.key ?? (await keyring.trustKey(trust, 'reference'));
  const resource = change.kind === 'delete' ? undefined : withoutContent({ ...change.resource, id: ref.id }, binary);
  const terms = resource === undefined ? undefined : await termsOf(keyring, trust, resource);
  const of = ofRef(ref);
  const timeline =
    resource === undefined ? undefined : timelineKey(resource, of, lastUpdated, before?.document.timeline);
  const after: CurrentBody = {
    kind: 'current',
    type: ref.type,
    of,
    resource: ref.id,
    versionId,
    lastUpdated,
    change: kind,
    by,
    search: terms?.search ?? [],
    dates: terms?.dates ?? [],
    ...(timeline === undefined ? {} : { timeline }),
    ...(resource === undefined || terms === undefined
      ? {}
      : {
          sealed: sealContent(
            key,
            partition,
            { of, versionId },
            {
              resource,
              entries: terms.entries,
              ...(binary === undefined ? {} : { content: binary }),
            },
          ),
        }),
  };
  const writes: Write[] = [
    { partition, trust, id: currentId(ref), ...(before === undefined ? {} : { before }), after },
  ];
  if (newLocator && patient !== undefined) {
    writes.push({
      partition: partitionOf(trust, ref),
      trust,
      id: locatorId(ref),
      after: { kind: 'locator', of: patient, resource: ref.id, search: [], dates: [] },
    });
  }
  return {
    writes,
    after,
    contentBefore: ref.type === 'Patient' ? contentBefore : undefined,
    change: {
      type: ref.type,
      id: ref.id,
      versionId: String(versionId),
      change: kind,
      partition,
      lastUpdated,
      lastUpdatedBefore: before?.document.lastUpdated,
      ...(patient === undefined ? {} : { patient }),
      ...(resource === undefined ? {} : { resource }),
    },
  };
}

/** A Binary without what lies in a blob; any other resource as it is. */
function withoutContent(resource: FhirResource, binary: BinaryContent | undefined): FhirResource {
  if (binary === undefined) return resource;
  const { data: _, ...rest } = resource;
  return rest as FhirResource;
}

/**
 * The causes of what a head says: an Encounter's location, who else has to do with the patient, an order of SpO2 scale 2,
 * labels and objections, and emergency access, which no other request opens than the one that is for it.
 */
async function changeHead(
  deps: PlanDependencies,
  call: Call,
  trust: Ods,
  { change, ref }: Target,
  head: WorkingHead,
  locations: ReadonlyMap<string, LocationLike>,
): Promise<void> {
  const resource = change.kind === 'delete' ? undefined : change.resource;
  if (ref.type === 'Encounter') {
    const placement =
      resource === undefined ? undefined : await placementOf(deps, trust, { ...resource, id: ref.id }, locations);
    head.content = withPlacement(head.content, ref.id, placement);
  }
  head.content = withCareRelations(head.content, ref, resource, deps.clock.now());
  if (ref.type === 'ServiceRequest') head.content = withOrder(head.content, ref.id, resource);
  if (ref.type === 'Patient') head.content = withLabels(head.content, resource);
  if (ref.type === 'Consent') head.content = withObjections(head.content, ref.id, resource);
  if (ref.type === 'Task' && resource !== undefined && policyOf(call) === 'access:emergency')
    head.content = withEmergency(head.content, resource, call.actor, deps.clock.now());
}

/** What a patient's resource holds before the change; undefined: there is none, or it belongs to no patient. */
function contentOf({ ref, partition }: Target, head: WorkingHead | undefined, snapshot: Snapshot): Content | undefined {
  const before = snapshot.find('current', partition, currentId(ref));
  return head === undefined || before === undefined ? undefined : unsealContent(head.key, partition, before.document);
}

/** A merge, or what has to stay as a merge left it. */
function changeMerge({ change }: Target, head: WorkingHead, { contentBefore }: ChangePlan): void {
  if (change.kind === 'update' && change.merge !== undefined) head.content = withMerge(head.content, change.merge);
  else if (contentBefore !== undefined)
    keepLinks(head.content, contentBefore.resource, change.kind === 'delete' ? undefined : change.resource);
}

const locationsIn = (targets: readonly Target[]): ReadonlyMap<string, LocationLike> =>
  new Map(
    targets.flatMap(({ change, ref }) =>
      ref.type === 'Location' && change.kind !== 'delete' ? [[ref.id, change.resource as LocationLike]] : [],
    ),
  );

import type { Access } from '../access/index.ts';
import type { Documents } from '../azure/documents.ts';
import type { PubSub } from '../azure/pubsub.ts';
import type { Telemetry } from '../azure/telemetry.ts';
import type { Call, Clock, Ods } from '../context.ts';
import type { Keyring } from '../keys/index.ts';
import type { Records } from '../records/index.ts';
import type { ContainerName } from '../topology.ts';
import type { Boards, Hint } from './boards.ts';
import { type PlacementDocument, placementPartition, wardGroup } from './documents.ts';
import { forgetBeds } from './forget-beds.ts';
import { forgetPastTiles } from './forget-past-tiles.ts';
import { readHead } from './head.ts';
import { projectPatient, type WardVersion } from './project.ts';
import { readBoard } from './read-board.ts';
import { rebuildWard, wardsOf } from './rebuild-ward.ts';
import { resealTiles } from './reseal-tiles.ts';

/** Types that a tile is made of, and by which a patient says who may see it. */
const tileTypes = new Set(['Patient', 'Encounter', 'Observation', 'Consent']);

export function createBoards(dependencies: {
  documents: (name: ContainerName) => Documents;
  records: Records;
  keyring: Keyring;
  pubsub: PubSub;
  access: Pick<Access, 'require'>;
  clock: Clock;
  telemetry: Telemetry;
}): Boards {
  const { pubsub, access, telemetry } = dependencies;
  const boards = dependencies.documents('boards');
  const deps = { ...dependencies, boards };

  const requireWard = (call: Call, ward: string) =>
    access.require(call, { policy: 'board:read', trust: call.actor.trust, ward });

  /** A hint that is lost costs a viewer up to 30 s, an event that is given back for it costs more: it may fail. */
  const hint = async (trust: Ods, { ward, version }: WardVersion, committedAt: string): Promise<void> => {
    const attributes = { ward, version };
    await telemetry
      .span('hint', { kind: 'producer', attributes }, async ({ traceparent }) => {
        const message: Hint = { ward, version, committedAt, trace: traceparent.slice(3, 35) };
        await pubsub.hint(wardGroup(trust, ward), { ...message });
      })
      .catch(() => {
        // The span that failed tells of it.
      });
  };

  /** Wards that show a patient now, for hints that may never have been sent. */
  const shownOn = async (trust: Ods, patient: string): Promise<WardVersion[]> => {
    const [placement] = await boards.readTogether<PlacementDocument>(placementPartition(trust, patient), [patient]);
    const heads = await Promise.all((placement?.document.wards ?? []).map((ward) => readHead(boards, trust, ward)));
    return heads.flatMap((head) => head?.document ?? []);
  };

  return {
    async read(call, ward, ifNoneMatch) {
      await requireWard(call, ward);
      return readBoard(deps, call, ward, ifNoneMatch);
    },
    async connect(call, ward) {
      await requireWard(call, ward);
      const group = wardGroup(call.actor.trust, ward);
      return { url: await pubsub.connect(group, call.actor.id), protocol: 'json.webpubsub.azure.v1', group };
    },
    async project({ trust, changes, committedAt }, redelivered = false) {
      const changed = new Map<string, number>();
      const note = (wards: readonly WardVersion[]): void => {
        for (const { ward, version } of wards) changed.set(ward, version);
      };
      if (changes.some(({ type, patient }) => type === 'Location' && patient === undefined))
        note(await forgetBeds(boards, trust));
      const relevant = changes.filter(({ type, patient }) => patient !== undefined && tileTypes.has(type));
      for (const [patient, some] of Map.groupBy(relevant, (change) => change.patient ?? '')) {
        const wards = await projectPatient(deps, trust, patient, some);
        note(redelivered && wards.length === 0 ? await shownOn(trust, patient) : wards);
      }
      await Promise.all([...changed].map(([ward, version]) => hint(trust, { ward, version }, committedAt)));
    },
    wards: (trust) => wardsOf(deps, trust),
    async erase(trust, patient) {
      const wards = await projectPatient(deps, trust, patient, []);
      await forgetPastTiles(boards, trust, patient);
      const now = dependencies.clock.now().toISOString();
      await Promise.all(wards.map((ward) => hint(trust, ward, now)));
    },
    reseal: (trust) => resealTiles(deps, trust),
    async rebuildWard(trust, ward) {
      const rebuilt = await rebuildWard(deps, trust, ward);
      const head = rebuilt.corrected === 0 ? undefined : await readHead(boards, trust, ward);
      if (head !== undefined) await hint(trust, head.document, dependencies.clock.now().toISOString());
      return rebuilt;
    },
  };
}

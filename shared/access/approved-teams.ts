import type { Documents } from '../azure/documents.ts';
import type { Actor, Clock, Ods } from '../context.ts';
import type { Team } from './relation-to.ts';

/** The teams that each trust approved, kept for a while. */
export interface ApprovedTeams {
  /** Those of the actor's teams that the trust approved. */
  of(actor: Pick<Actor, 'trust' | 'teams'>): Promise<readonly Team[]>;
  approve(trust: Ods, team: Team): Promise<void>;
}

interface TeamDocument extends Team {
  readonly id: string;
}

/** Milliseconds: that long a withdrawn approval may still count. */
const keptFor = 30_000;
/** Milliseconds: where a team is missing, it may be approved any moment; somebody waits for that. */
const incompleteKeptFor = 1_000;
/** A batch holds 100 reads; nobody is in so many teams. */
const maximumTeams = 100;
const maximumKept = 5_000;

const partitionOf = (trust: Ods): string => `${trust}|Team|0`;

export function createApprovedTeams(records: () => Documents, clock: Clock): ApprovedTeams {
  const kept = new Map<string, { readonly teams: Promise<readonly Team[]>; until: number }>();

  /** From the primary replica: a lagging one would refuse a team that was just approved, for as long as it is kept. */
  const read = async (trust: Ods, names: readonly string[]): Promise<readonly Team[]> => {
    const found = await records().readTogether<TeamDocument>(
      partitionOf(trust),
      names.map((name) => `team|${name}`),
    );
    return found.flatMap((team) => team?.document ?? []);
  };

  return {
    of({ trust, teams }) {
      const names = [...new Set(teams)].slice(0, maximumTeams);
      if (names.length === 0) return Promise.resolve([]);
      const key = JSON.stringify([trust, ...names]);
      const now = clock.now().getTime();
      const known = kept.get(key);
      if (known !== undefined && now < known.until) return known.teams;
      if (kept.size >= maximumKept) kept.clear();
      const entry = { teams: read(trust, names), until: now + keptFor };
      kept.set(key, entry);
      entry.teams.then(
        (found) => {
          if (found.length < names.length) entry.until = now + incompleteKeptFor;
        },
        () => {
          entry.until = now;
        },
      );
      return entry.teams;
    },
    async approve(trust, { name, wards }) {
      const partition = partitionOf(trust);
      const document = { id: `team|${name}`, partition, kind: 'team', trust, name, approved: true, wards };
      await records().batch(partition, [{ op: 'upsert', document }]);
      kept.clear();
    },
  };
}

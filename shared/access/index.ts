import type { Documents } from '../azure/documents.ts';
import type { Actor, Call, Clock, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { ContainerName } from '../topology.ts';
import { createAuthenticate, type IdentitySettings } from './authenticate.ts';
import { type Decision, decide, type Question, type Team } from './decide.ts';

export type { Decision, Question, Team } from './decide.ts';
export type { Policy } from './policies.ts';

/** Who may do what. */
export interface Access {
  /** @throws WardlineError `no-token`, `invalid-token`, `expired-token` */
  authenticate(authorization: string | null): Promise<Actor>;
  decide(actor: Actor, question: Question): Promise<Decision>;
  /** @throws WardlineError `forbidden` */
  require(call: Pick<Call, 'actor'>, question: Question): Promise<Decision & { allowed: true }>;
  /** Approves a team for wards (`*`: all); an empty list of wards is a team without patients. */
  approveTeam(trust: Ods, team: Team): Promise<void>;
  /** Says that the trust's reference data are in place. */
  openTrust(trust: Ods): Promise<void>;
  isOpen(trust: Ods): Promise<boolean>;
}

interface TeamDocument extends Team {
  readonly id: string;
}

const keptFor = 30_000;
/** A batch holds 100 reads; nobody is in so many teams. */
const maximumTeams = 100;
const maximumKept = 5_000;

export function createAccess(deps: {
  identity: IdentitySettings;
  documents: (name: ContainerName) => Documents;
  clock: Clock;
}): Access {
  const kept = new Map<string, { readonly read: Promise<readonly Team[]>; readonly at: number }>();
  const partition = (trust: Ods): string => `${trust}|Team|0`;
  const authenticate = createAuthenticate(deps.identity);

  /** From the primary replica: a lagging one would refuse a team that was just approved, for as long as it is kept. */
  const readTeams = async (trust: Ods, names: readonly string[]): Promise<readonly Team[]> => {
    if (names.length === 0) return [];
    const ids = names.slice(0, maximumTeams).map((name) => `team|${name}`);
    const found = await deps.documents('records').readTogether<TeamDocument>(partition(trust), ids);
    return found.flatMap((team) => team?.document ?? []);
  };
  /** Approvals are read again after half a minute: that long a withdrawn one may still count. */
  const approvedTeams = ({ trust, teams: names }: Actor): Promise<readonly Team[]> => {
    const now = deps.clock.now().getTime();
    const key = `${trust}|${names.join('|')}`;
    const known = kept.get(key);
    if (known !== undefined && now - known.at <= keptFor) return known.read;
    if (kept.size >= maximumKept) kept.clear();
    const read = readTeams(trust, names);
    kept.set(key, { read, at: now });
    read.then(
      (teams) => teams.length < names.length && kept.delete(key),
      () => kept.delete(key),
    );
    return read;
  };
  const answer = async (actor: Actor, question: Question): Promise<Decision> =>
    decide(actor, question, await approvedTeams(actor));

  return {
    authenticate,
    decide: answer,
    async require({ actor }, question) {
      const decision = await answer(actor, question);
      if (!decision.allowed) throw new WardlineError('forbidden', decision.detail);
      return decision;
    },
    async approveTeam(trust, { name, wards }) {
      const document = { id: `team|${name}`, partition: partition(trust), kind: 'team', trust, name, wards };
      await deps.documents('records').batch(document.partition, [{ op: 'upsert', document }]);
      kept.clear();
    },
    async openTrust(trust) {
      const document = { id: 'trust', partition: `${trust}|Trust|0`, kind: 'trust', trust, open: true };
      await deps.documents('records').batch(document.partition, [{ op: 'upsert', document }]);
    },
    isOpen: async (trust) =>
      (await deps.documents('records').readTogether(`${trust}|Trust|0`, ['trust']))[0] !== undefined,
  };
}

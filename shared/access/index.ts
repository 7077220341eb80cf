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

export function createAccess(deps: {
  identity: IdentitySettings;
  documents: (name: ContainerName) => Documents;
  clock: Clock;
}): Access {
  const teams = new Map<Ods, { readonly read: Promise<ReadonlyMap<string, Team>>; readonly at: number }>();
  const partition = (trust: Ods): string => `${trust}|Team|0`;
  const authenticate = createAuthenticate(deps.identity);

  const readTeams = async (trust: Ods): Promise<ReadonlyMap<string, Team>> => {
    const { items } = await deps
      .documents('records')
      .query<TeamDocument>("SELECT * FROM c WHERE c.kind = 'team'", {}, { partition: partition(trust) });
    return new Map(items.map((team) => [team.name, team]));
  };
  /** Approvals are read again after half a minute: that long a withdrawn one may still count. */
  const approvedTeams = async ({ trust, teams: names }: Actor): Promise<Team[]> => {
    const now = deps.clock.now().getTime();
    let kept = teams.get(trust);
    if (kept === undefined || now - kept.at > keptFor) {
      kept = { read: readTeams(trust), at: now };
      teams.set(trust, kept);
      kept.read.catch(() => teams.delete(trust));
    }
    const approved = await kept.read;
    return names.flatMap((name) => approved.get(name) ?? []);
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
      teams.delete(trust);
    },
    async openTrust(trust) {
      const document = { id: 'trust', partition: `${trust}|Trust|0`, kind: 'trust', trust, open: true };
      await deps.documents('records').batch(document.partition, [{ op: 'upsert', document }]);
    },
    isOpen: async (trust) =>
      (await deps.documents('records').readTogether(`${trust}|Trust|0`, ['trust']))[0] !== undefined,
  };
}

import type { Documents } from '../azure/documents.ts';
import type { Actor, Call, Clock, Ods } from '../context.ts';
import { WardlineError } from '../errors.ts';
import type { ContainerName } from '../topology.ts';
import { type Agreement, createAgreements } from './agreements.ts';
import { createApprovedTeams } from './approved-teams.ts';
import { type Authentication, createAuthentication, type IdentitySettings } from './authenticate.ts';
import { decide } from './decide.ts';
import type { Decision, Question } from './decision.ts';
import type { Team } from './relation-to.ts';

export type { Agreement } from './agreements.ts';
export type { Decision, Question } from './decision.ts';
export type { IssuerFacts } from './issuer.ts';
export { type Policy, rolePolicies } from './policies.ts';
export type { Team } from './relation-to.ts';
export type { CareRelation, EmergencyAccess, RelationKind, Relationship, Restrictions } from './relationship.ts';
export { restrictedBy } from './restricted.ts';
export { boundPatient } from './scopes.ts';

/** Who may do what. */
export interface Access extends Authentication {
  decide(actor: Actor, question: Question): Promise<Decision>;
  /** @throws WardlineError `forbidden` */
  require(call: Pick<Call, 'actor'>, question: Question): Promise<Decision & { allowed: true }>;
  /** Approves a team for wards (`*`: all); an empty list of wards is a team without patients. */
  approveTeam(trust: Ods, team: Team): Promise<void>;
  /** What a trust lets others read, those agreements that ran out among them. */
  agreementsOf(trust: Ods): Promise<readonly Agreement[]>;
  /** Makes or replaces the agreement with another trust. */
  makeAgreement(trust: Ods, agreement: Agreement): Promise<void>;
  /** Answers whether there was one. */
  endAgreement(trust: Ods, other: Ods): Promise<boolean>;
  /** Says that the trust's reference data are in place. */
  openTrust(trust: Ods): Promise<void>;
  isOpen(trust: Ods): Promise<boolean>;
}

const trustPartition = (trust: Ods): string => `${trust}|Trust|0`;

export function createAccess(deps: {
  identity: IdentitySettings;
  documents: (name: ContainerName) => Documents;
  clock: Clock;
}): Access {
  const records = (): Documents => deps.documents('records');
  const teams = createApprovedTeams(records, deps.clock);
  const agreements = createAgreements(records, deps.clock);
  const isOpen = async (trust: Ods): Promise<boolean> =>
    (await records().readTogether(trustPartition(trust), ['trust']))[0] !== undefined;

  const answer = async (actor: Actor, question: Question): Promise<Decision> => {
    const [approved, agreement] = await Promise.all([
      teams.of(actor),
      actor.trust === question.trust ? undefined : agreements.between(question.trust, actor.trust),
    ]);
    const decision = decide(actor, question, approved, deps.clock.now(), agreement);
    // Somebody has to approve the first team: until a trust is open, its operators need none themselves.
    const first = !decision.allowed && decision.reason === 'team' && question.policy === 'operations:approve';
    return first && !(await isOpen(actor.trust)) ? { allowed: true, basis: 'role' } : decision;
  };

  return {
    ...createAuthentication(deps.identity, deps.clock),
    decide: answer,
    async require({ actor }, question) {
      const decision = await answer(actor, question);
      if (!decision.allowed) throw new WardlineError('forbidden', decision.detail);
      return decision;
    },
    approveTeam: (trust, team) => teams.approve(trust, team),
    agreementsOf: (trust) => agreements.of(trust),
    makeAgreement: (trust, agreement) => agreements.make(trust, agreement),
    endAgreement: (trust, other) => agreements.end(trust, other),
    async openTrust(trust) {
      const document = { id: 'trust', partition: trustPartition(trust), kind: 'trust', trust, open: true };
      await records().batch(document.partition, [{ op: 'upsert', document }]);
    },
    isOpen,
  };
}

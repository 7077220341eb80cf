import type { Actor, Interaction, Scope } from '../context.ts';
import type { Policy } from './policies.ts';
import type { Relationship } from './relationship.ts';

/** Scopes are a SMART app's alone; `.` and `all` are how Entra ID has to spell `/` and `*`. */
const smart = /^(patient|user|system)[/.](.+)$/;
const permission = /^(\*|all|[A-Z][A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)$/;

/** SMART App Launch 2.2, "Scopes for requesting FHIR Resources": what the scopes of version 1 stand for. */
const ofVersion1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };

/**
 * The SMART scopes in a token's scope claim; others (`openid`, `launch/patient`) are none. `malformed` is the first one that
 * is not understood: a search constraint (`?category=`) among them, since to pass over it would widen what was granted.
 */
export function parseScopes(claim: string): { readonly scopes: readonly Scope[]; readonly malformed?: string } {
  const scopes: Scope[] = [];
  for (const text of claim.split(' ')) {
    const [, level, rest = ''] = smart.exec(text) ?? [];
    if (level === undefined) continue;
    const [, type = '', asked = ''] = permission.exec(rest) ?? [];
    if (asked === '') return { scopes: [], malformed: text };
    scopes.push({
      level: level as Scope['level'],
      type: type === 'all' ? '*' : type,
      interactions: new Set([...(ofVersion1[asked] ?? asked)] as Interaction[]),
    });
  }
  return { scopes };
}

/** What is asked of the scopes. */
export interface ScopeQuestion {
  readonly policy: Policy;
  readonly type?: string;
  readonly action?: 'create' | 'update' | 'delete';
  readonly search?: true;
  readonly patient?: Relationship | 'new' | 'none';
}

const ofAction = { create: 'c', update: 'u', delete: 'd' } as const;

/** Any of these is enough. Undefined: the policy is none that SMART scopes speak of. */
function interactionsFor({ policy, type, action, search }: ScopeQuestion): readonly Interaction[] | undefined {
  if (action !== undefined && policy === 'record:write') return [ofAction[action]];
  if (search && policy.startsWith('record:')) return ['s'];
  if (policy === 'record:read') return ['r'];
  // What a search brings along, and what lies in the compartment of `$everything`, is read or found.
  if (policy === 'record:search') return ['s', 'r'];
  // Before anything is known of a write it is enough that one could be meant. What a write looks at (a patch, a condition) it may
  // also show.
  if (policy === 'record:write') return type === undefined ? ['c', 'u', 'd'] : ['r', 's'];
  return undefined;
}

/**
 * Whether an app's scopes include what is asked. Where the patient is not known yet, a scope for the patient of the
 * launch passes: the question is asked again with the patient.
 * @param shared whether a type that is about no patient is for everybody who sees a patient
 * @returns undefined: they do; else what is missing, as one could ask for it
 */
export function missingScope(
  actor: Pick<Actor, 'kind' | 'grant'>,
  question: ScopeQuestion,
  shared: (type: string) => boolean,
): string | undefined {
  const { grant } = actor;
  if (grant === undefined) return undefined;
  const wanted = interactionsFor(question);
  if (wanted === undefined) return 'that: SMART scopes open the FHIR API alone';
  const { type, patient } = question;
  const reaches = ({ level }: Scope): boolean => {
    if (level === 'system') return actor.kind === 'system';
    if (level === 'user') return actor.kind !== 'system';
    if (patient === undefined) return true;
    if (patient === 'new') return false;
    return patient === 'none' ? shared(type ?? '') : patient.id !== undefined && patient.id === grant.patient;
  };
  const includes = (scope: Scope): boolean =>
    (type === undefined || scope.type === '*' || scope.type === type) &&
    wanted.some((one) => scope.interactions.has(one)) &&
    reaches(scope);
  if (grant.scopes.some(includes)) return undefined;
  const level = actor.kind === 'system' ? 'system' : actor.kind === 'patient' ? 'patient' : 'user';
  return `${level}/${type ?? '*'}.${wanted[0]}${patient === undefined ? '' : ' for this resource'}`;
}

/** The one patient whom an actor can see at all: a patient, or who uses an app that was granted one patient's record alone. */
export function boundPatient({ kind, patient, grant }: Pick<Actor, 'kind' | 'patient' | 'grant'>): string | undefined {
  if (kind === 'patient') return patient;
  return grant?.scopes.every(({ level }) => level === 'patient') ? grant.patient : undefined;
}

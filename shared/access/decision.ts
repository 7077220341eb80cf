import type { Ods } from '../context.ts';
import type { Policy } from './policies.ts';
import type { RelationKind, Relationship } from './relationship.ts';

/** What an actor wants to do. Without `patient` and `ward` only role and team are asked. */
export interface Question {
  readonly policy: Policy;
  readonly trust: Ods;
  readonly type?: string;
  readonly action?: 'create' | 'update' | 'delete';
  /** The type is searched, whatever the policy: for a condition, a chain, or itself. */
  readonly search?: true;
  /** `new`: the request itself makes the patient. `none`: the resource is about no patient. */
  readonly patient?: Relationship | 'new' | 'none';
  readonly ward?: string;
}

/** Why, or why not. `detail` says what to change and holds no patient data. */
export type Decision =
  | {
      readonly allowed: true;
      readonly basis: 'role' | 'team' | 'relationship' | 'device' | 'emergency' | 'agreement';
      /** What the relationship is. */
      readonly by?: 'ward' | RelationKind | 'own';
      /** RFC 3339, UTC: when the relationship ends; a ward's ends with the stay. */
      readonly until?: string;
    }
  | {
      readonly allowed: false;
      readonly reason: 'role' | 'team' | 'relationship' | 'trust' | 'ward' | 'restriction' | 'sign-in' | 'scope';
      readonly detail: string;
    };

/** A refusal. @param detail for the caller: what to change, and no patient data */
export const refuse = (reason: Extract<Decision, { allowed: false }>['reason'], detail: string): Decision => ({
  allowed: false,
  reason,
  detail,
});

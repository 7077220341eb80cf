/** What the patient, or the trust, asks about who may see a record. */
export interface Restrictions {
  /** Nobody without emergency access: the patient's record is labelled very restricted. */
  readonly sealed?: true;
  /** Clinicians alone: a member of staff, a public person, or a record labelled restricted. */
  readonly clinicians?: true;
  /** Ids of people whom the patient does not want to see the record. */
  readonly objections?: readonly string[];
}

/** Emergency access to one patient, opened by one person for a time. */
export interface EmergencyAccess {
  /** Id of the person. */
  readonly agent: string;
  /** RFC 3339, UTC. */
  readonly until: string;
}

/** What makes somebody have to do with a patient beside the ward that the patient is on. */
export type RelationKind = 'clinic' | 'referral' | 'care-team' | 'task';

/** Who has to do with a patient, by which resource of the record, and until when. */
export interface CareRelation {
  /** `Type/id`. */
  readonly cause: string;
  readonly kind: RelationKind;
  /** `person|{ods}|{id}`, `team|{ods}|{name}`, `place|{Location}` or `trust|{ods}`. */
  readonly party: string;
  /** RFC 3339, UTC. */
  readonly until: string;
}

/** What decides about a patient beside role and team. */
export interface Relationship {
  readonly token: string;
  /** Id of the Patient. */
  readonly id?: string;
  /** Ids of all Patients that are the same person. */
  readonly mergedWith?: readonly string[];
  readonly wards: readonly string[];
  readonly restrictions?: Restrictions;
  readonly emergencies?: readonly EmergencyAccess[];
  readonly relations?: readonly CareRelation[];
}

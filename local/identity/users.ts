/** Somebody who may sign in locally. There are no passwords: this provider is for one machine. */
export interface LocalUser {
  readonly user: string;
  readonly name: string;
  readonly role: string;
  readonly trust: string;
  readonly ward?: string;
  readonly groups: readonly string[];
  readonly kind: 'staff' | 'system' | 'device' | 'patient';
  /** Of a patient: the id of the own record. */
  readonly patient?: string;
}

const identityTypes = { staff: 'user', patient: 'user', system: 'app', device: 'device' } as const;

/** Claims of an access token as Entra ID shapes them, with the trust's ODS code. */
export function claimsOf(user: LocalUser): Record<string, unknown> {
  return {
    oid: user.user,
    tid: user.trust,
    name: user.name,
    preferred_username: `${user.user}@${user.trust.toLowerCase()}.example.nhs.uk`,
    roles: [user.role],
    groups: user.groups,
    amr: ['pwd', 'mfa'],
    ods: user.trust,
    idtyp: identityTypes[user.kind],
    ...(user.ward === undefined ? {} : { ward: user.ward }),
    ...(user.patient === undefined ? {} : { patient: user.patient }),
  };
}

import type { JWTPayload } from 'jose';
import { type Actor, type Grant, type Role, roles } from '../context.ts';
import { WardlineError } from '../errors.ts';
import { parseScopes } from './scopes.ts';

/**
 * What kind of caller each role is for. A token that says otherwise (claim `idtyp`) is refused: an app with a nurse's
 * role would see every patient, a person with a system's role would need no relationship.
 */
const kinds: Readonly<Record<Role, Actor['kind']>> = {
  nurse: 'staff',
  doctor: 'staff',
  pharmacist: 'staff',
  'ward-clerk': 'staff',
  'privacy-officer': 'staff',
  auditor: 'staff',
  operations: 'staff',
  'bed-management': 'system',
  integration: 'system',
  'board-device': 'device',
  patient: 'patient',
};

/** `idtyp` of Entra ID is `app` for app-only tokens, `user` or absent for people; a device signs in as itself. */
const identityTypes: Readonly<Record<Actor['kind'], readonly unknown[]>> = {
  staff: [undefined, 'user'],
  system: ['app'],
  device: ['device', 'app'],
  patient: [undefined, 'user'],
};

/** Codes and names become parts of keys in the store, where `|` and `/` separate. */
const code = /^[A-Za-z0-9][A-Za-z0-9-]{0,30}$/;
const fhirId = /^[A-Za-z0-9.-]{1,64}$/;
const objectId = /^[\w.@:-]{1,100}$/;
const teamName = /^[\w .:-]{1,100}$/;

/**
 * The caller that a verified token describes.
 * @param ownClients ids of the clients whose tokens need no SMART scopes: Wardline's own pages
 * @throws WardlineError `invalid-token` naming the claim that is missing or unknown
 */
export function toActor(claims: JWTPayload, ownClients: ReadonlySet<unknown>): Actor {
  const { oid, ods, ward, name, idtyp, groups, patient, amr } = claims;
  if (typeof oid !== 'string' || !objectId.test(oid)) throw refused('oid is not an object id');
  if (typeof ods !== 'string' || !code.test(ods)) throw refused('ods is not an ODS code');
  if (ward !== undefined && (typeof ward !== 'string' || !code.test(ward))) throw refused('ward is not a ward');
  const role = roleOf(claims['roles']);
  const kind = kinds[role];
  if (!identityTypes[kind].includes(idtyp)) throw refused(`idtyp does not fit the role ${role}`);
  const own = typeof patient === 'string' && fhirId.test(patient) ? patient : undefined;
  if (kind === 'patient' && own === undefined) throw refused('patient is not the id of a Patient');
  const grant = grantIn(claims, kind, ownClients);
  return {
    kind,
    id: oid,
    displayName: typeof name === 'string' ? name : '',
    role,
    trust: ods,
    teams: Array.isArray(groups) ? groups.filter((one) => typeof one === 'string' && teamName.test(one)) : [],
    ...(ward === undefined ? {} : { ward }),
    // Only a patient's token is for a patient: an app that a member of staff uses may name the one on the screen.
    ...(kind === 'patient' && own !== undefined ? { patient: own } : {}),
    ...(grant === undefined ? {} : { grant }),
    ...(Array.isArray(amr) && amr.includes('mfa') ? { mfa: true as const } : {}),
  };
}

/**
 * What an app was granted (SMART App Launch 2.2). Whoever signed in with another client than Wardline's own may do there what
 * the scopes say: without any, nothing. A system or a device is the app itself: its role is what it was granted.
 */
function grantIn(claims: JWTPayload, kind: Actor['kind'], ownClients: ReadonlySet<unknown>): Grant | undefined {
  // RFC 9068 names the claims `scope` and `client_id`, Entra ID `scp` and, by version, `azp` or `appid`.
  const { scope = claims['scp'], client_id: client = claims['azp'] ?? claims['appid'], patient } = claims;
  const { scopes, malformed } = parseScopes(typeof scope === 'string' ? scope : '');
  if (malformed !== undefined)
    throw refused(`scope holds a SMART scope that is not understood here; those are like patient/Observation.rs`);
  const needsNone = kind === 'system' || kind === 'device' || ownClients.has(client);
  if (scopes.length === 0 && needsNone) return undefined;
  const launched = typeof patient === 'string' && fhirId.test(patient) ? patient : undefined;
  if (launched === undefined && scopes.some(({ level }) => level === 'patient'))
    throw refused('patient is not the id of a Patient, and the scopes are those of one');
  const app = typeof client === 'string' && objectId.test(client) ? { app: client } : {};
  return { ...app, scopes, ...(launched === undefined ? {} : { patient: launched }) };
}

/** Exactly one role: with several it would be chance which one decides. */
function roleOf(claim: unknown): Role {
  const [only, ...others]: readonly unknown[] = Array.isArray(claim) ? claim : [];
  const role = roles.find((one) => one === only);
  if (role === undefined || others.length > 0) throw refused('roles does not hold exactly one role that is known here');
  return role;
}

const refused = (what: string): WardlineError => new WardlineError('invalid-token', `The token's claim ${what}.`);

import { BlobError } from './errors.ts';

/** A lease as it is kept, of a blob or a container (https://learn.microsoft.com/rest/api/storageservices/lease-blob). */
export interface Lease {
  readonly id: string;
  /** Seconds; -1: without end. */
  readonly duration: number;
  /** Milliseconds since 1970; null: never. */
  readonly expires: number | null;
  /** When a break is complete; undefined: it was not broken. */
  readonly breaks?: number;
}

export type LeaseState = 'available' | 'leased' | 'expired' | 'breaking' | 'broken';

export function leaseState(lease: Lease | undefined, now: number): LeaseState {
  if (lease === undefined) return 'available';
  if (lease.breaks !== undefined) return lease.breaks > now ? 'breaking' : 'broken';
  return lease.expires === null || lease.expires > now ? 'leased' : 'expired';
}

/** The headers (and, with other names, list elements) that tell of a lease. */
export function describeLease(lease: Lease | undefined, now: number) {
  const state = leaseState(lease, now);
  const duration = lease?.duration === -1 ? 'infinite' : 'fixed';
  return {
    state,
    status: state === 'leased' || state === 'breaking' ? 'locked' : 'unlocked',
    duration: state === 'leased' ? duration : undefined,
  } as const;
}

const conflict = (code: string, message: string): BlobError => new BlobError(409, code, message);
const mismatch = (): BlobError =>
  conflict('LeaseIdMismatchWithLeaseOperation', 'The lease ID specified did not match the lease ID for the resource.');
const notPresent = (): BlobError =>
  conflict('LeaseNotPresentWithLeaseOperation', 'There is currently no lease on the resource.');

const expiryOf = (duration: number, now: number): number | null => (duration === -1 ? null : now + duration * 1000);

export function acquireLease(
  lease: Lease | undefined,
  wanted: { readonly id: string; readonly duration: number },
  now: number,
): Lease {
  const state = leaseState(lease, now);
  if (state === 'breaking' && lease?.id === wanted.id)
    throw conflict(
      'LeaseIsBreakingAndCannotBeAcquired',
      'The lease is being broken and cannot be acquired before that.',
    );
  if (state === 'breaking' || (state === 'leased' && lease?.id !== wanted.id))
    throw conflict('LeaseAlreadyPresent', 'There is already a lease present.');
  return { ...wanted, expires: expiryOf(wanted.duration, now) };
}

export function renewLease(lease: Lease | undefined, id: string, now: number): Lease {
  if (lease === undefined) throw notPresent();
  if (lease.id !== id) throw mismatch();
  if (lease.breaks !== undefined)
    throw conflict('LeaseIsBrokenAndCannotBeRenewed', 'The lease has been broken explicitly and cannot be renewed.');
  return { ...lease, expires: expiryOf(lease.duration, now) };
}

export function changeLease(lease: Lease | undefined, id: string, proposed: string, now: number): Lease {
  const state = leaseState(lease, now);
  if (lease === undefined || state === 'expired' || state === 'broken') throw notPresent();
  if (lease.id !== id && lease.id !== proposed) throw mismatch();
  if (state === 'breaking')
    throw conflict('LeaseIsBreakingAndCannotBeChanged', 'The lease is being broken and cannot be changed.');
  return { ...lease, id: proposed };
}

/** @throws BlobError when the lease is not the caller's to release. */
export function releaseLease(lease: Lease | undefined, id: string): undefined {
  if (lease === undefined) throw notPresent();
  if (lease.id !== id) throw mismatch();
}

/** @param period seconds; undefined: what is left of the lease. */
export function breakLease(lease: Lease | undefined, period: number | undefined, now: number): Lease {
  if (lease === undefined) throw notPresent();
  const state = leaseState(lease, now);
  if (state === 'expired' || state === 'broken') return { ...lease, breaks: now };
  const left = lease.breaks ?? lease.expires;
  const asked = period === undefined ? undefined : now + period * 1000;
  return { ...lease, breaks: Math.min(asked ?? left ?? now, left ?? Number.POSITIVE_INFINITY) };
}

/** Seconds until a break is complete. */
export const breaksIn = (lease: Lease, now: number): number =>
  Math.ceil(Math.max(0, (lease.breaks ?? now) - now) / 1000);

/** A lease that is over is forgotten by the next write; nobody can renew it then. */
export function afterWrite(lease: Lease | undefined, now: number): Lease | undefined {
  const state = leaseState(lease, now);
  return state === 'expired' || state === 'broken' ? undefined : lease;
}

/**
 * Checks the lease of what an operation is about.
 * @param needed whether the operation needs the lease where there is one (it writes), or only minds a wrong one (it reads).
 */
export function checkLease(
  lease: Lease | undefined,
  given: string | undefined,
  {
    needed,
    resource,
    now,
  }: { readonly needed: boolean; readonly resource: 'Blob' | 'Container'; readonly now: number },
): void {
  const state = leaseState(lease, now);
  const refuse = (code: string, message: string) => new BlobError(412, code, message);
  if (given === undefined) {
    if (needed && (state === 'leased' || state === 'breaking'))
      throw refuse(
        'LeaseIdMissing',
        'There is currently a lease on the resource and no lease ID was specified in the request.',
      );
    return;
  }
  if (lease === undefined)
    throw refuse(`LeaseNotPresentWith${resource}Operation`, 'There is currently no lease on the resource.');
  if (lease.id !== given.toLowerCase())
    throw refuse(
      `LeaseIdMismatchWith${resource}Operation`,
      'The lease ID specified did not match the lease ID for the resource.',
    );
  if (state === 'expired' || state === 'broken')
    throw refuse('LeaseLost', 'A lease ID was specified, but the lease for the resource has expired.');
}

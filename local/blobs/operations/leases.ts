import { type BlobAnswer, type Call, containerOf, stamp } from '../call.ts';
import { checkConditions } from '../conditions.ts';
import { BlobError, blobNotFound, invalidHeader } from '../errors.ts';
import { acquireLease, breakLease, breaksIn, changeLease, type Lease, releaseLease, renewLease } from '../lease.ts';
import { guidHeader, numberHeader, wordHeader } from '../request.ts';

interface Leased {
  readonly lease?: Lease | undefined;
  readonly etag: string;
  readonly modified: number;
}

export const leaseBlob = (call: Call): Promise<BlobAnswer> =>
  lease(call, () => {
    containerOf(call);
    const state = call.store.blob(call.container, call.blob);
    if (state === undefined) throw blobNotFound();
    return [state, (changed) => call.store.saveBlob(call.container, call.blob, { ...state, lease: changed })];
  });

export const leaseContainer = (call: Call): Promise<BlobAnswer> =>
  lease(call, () => {
    const state = containerOf(call);
    return [state, (changed) => call.store.saveContainer(call.container, { ...state, lease: changed })];
  });

/** Lease Blob and Lease Container. */
async function lease(
  call: Call,
  open: () => readonly [Leased, save: (lease: Lease | undefined) => void],
): Promise<BlobAnswer> {
  const act = readAction(call);
  return call.store.change(() => {
    const [state, save] = open();
    checkConditions(call.request.headers, state, 'write');
    const { status, changed, left } = act(state.lease);
    save(changed);
    return {
      status,
      headers: {
        ...stamp(state),
        'x-ms-lease-id': left === undefined ? changed?.id : undefined,
        'x-ms-lease-time': left,
      },
    };
  });
}

interface Outcome {
  readonly status: number;
  readonly changed: Lease | undefined;
  /** Seconds until a break is complete. */
  readonly left?: number;
}

/** What the headers ask for, before anything is looked at. */
function readAction({ request, now, newId }: Call): (before: Lease | undefined) => Outcome {
  const action = wordHeader(request, 'x-ms-lease-action', ['acquire', 'renew', 'change', 'release', 'break']);
  const named = (name: string): string => {
    const id = guidHeader(request, name);
    if (id === undefined)
      throw new BlobError(400, 'MissingRequiredHeader', `The header ${name} is mandatory for this request.`);
    return id;
  };
  switch (action) {
    case 'acquire': {
      const duration = numberHeader(request, 'x-ms-lease-duration', -1, 60);
      if (duration === undefined || (duration !== -1 && duration < 15))
        throw invalidHeader('x-ms-lease-duration', '-1 or 15 to 60 seconds');
      const id = guidHeader(request, 'x-ms-proposed-lease-id') ?? newId();
      return (before) => ({ status: 201, changed: acquireLease(before, { id, duration }, now) });
    }
    case 'renew': {
      const id = named('x-ms-lease-id');
      return (before) => ({ status: 200, changed: renewLease(before, id, now) });
    }
    case 'change': {
      const [id, proposed] = [named('x-ms-lease-id'), named('x-ms-proposed-lease-id')];
      return (before) => ({ status: 200, changed: changeLease(before, id, proposed, now) });
    }
    case 'release': {
      const id = named('x-ms-lease-id');
      return (before) => ({ status: 200, changed: releaseLease(before, id) });
    }
    case 'break': {
      const period = numberHeader(request, 'x-ms-lease-break-period', 0, 60);
      return (before) => {
        const changed = breakLease(before, period, now);
        return { status: 202, changed, left: breaksIn(changed, now) };
      };
    }
    default:
      throw invalidHeader('x-ms-lease-action', 'one of acquire, renew, change, release, break');
  }
}

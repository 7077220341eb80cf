import { type BlobAnswer, type Call, containerOf, stamp } from '../call.ts';
import { checkConditions } from '../conditions.ts';
import { BlobError } from '../errors.ts';
import { checkLease, describeLease } from '../lease.ts';
import { guidHeader, header, metadataOf } from '../request.ts';

const validName = /^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/;

export async function createContainer(call: Call): Promise<BlobAnswer> {
  const { store, container, request, now } = call;
  if (!validName.test(container))
    throw new BlobError(
      400,
      'InvalidResourceName',
      'A container has 3 to 63 small letters, digits and single hyphens, a letter or digit first and last.',
    );
  refusePublicAccess(call);
  const state = { etag: call.newETag(), modified: now, metadata: metadataOf(request), accessPolicies: [] };
  await store.change(() => {
    if (store.container(container) !== undefined)
      throw new BlobError(409, 'ContainerAlreadyExists', 'The specified container already exists.');
    store.saveContainer(container, state);
  });
  return { status: 201, headers: stamp(state) };
}

/** As accounts have it that allow no anonymous readers (the default since 2023). */
export function refusePublicAccess({ request }: Call): void {
  if (header(request, 'x-ms-blob-public-access') !== undefined)
    throw new BlobError(409, 'PublicAccessNotPermitted', 'Public access is not permitted on this storage account.');
}

export async function showContainer(call: Call): Promise<BlobAnswer> {
  const state = containerOf(call);
  mindContainerLease(call, false);
  const lease = describeLease(state.lease, call.now);
  return {
    status: 200,
    headers: {
      ...stamp(state),
      ...metadataHeaders(state.metadata),
      'x-ms-lease-state': lease.state,
      'x-ms-lease-status': lease.status,
      'x-ms-lease-duration': lease.duration,
      'x-ms-has-immutability-policy': String(call.immutableFor[call.container] !== undefined),
      'x-ms-has-legal-hold': 'false',
      'x-ms-immutable-storage-with-versioning-enabled': 'false',
    },
  };
}

export async function deleteContainer(call: Call): Promise<BlobAnswer> {
  const { store, container, request } = call;
  await store.change((drop) => {
    checkConditions(request.headers, containerOf(call), 'write');
    mindContainerLease(call, true);
    if (call.immutableFor[container] !== undefined && store.hasBlobs(container))
      throw new BlobError(
        409,
        'ContainerImmutableDueToPolicy',
        'The container holds blobs that are immutable due to a policy.',
      );
    drop(store.removeContainer(container));
  });
  return { status: 202 };
}

export async function setContainerMetadata(call: Call): Promise<BlobAnswer> {
  const { store, container, request, now } = call;
  const metadata = metadataOf(request);
  return store.change(() => {
    const state = containerOf(call);
    checkConditions(request.headers, state, 'write');
    mindContainerLease(call, false);
    const changed = { ...state, metadata, etag: call.newETag(), modified: now };
    store.saveContainer(container, changed);
    return { status: 200, headers: stamp(changed) };
  });
}

/** @param needed whether the lease must be named where there is one: to delete the container. */
export function mindContainerLease(call: Call, needed: boolean): void {
  const given = guidHeader(call.request, 'x-ms-lease-id');
  checkLease(containerOf(call).lease, given, { needed, resource: 'Container', now: call.now });
}

export const metadataHeaders = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-ms-meta-${name}`, value]));

import { childOf, escapeXml } from '../../xml.ts';
import { type BlobAnswer, type Call, containerOf, stamp } from '../call.ts';
import { checkConditions } from '../conditions.ts';
import { BlobError } from '../errors.ts';
import { readXml } from '../read-body.ts';
import type { AccessPolicy } from '../state/schema.ts';
import { mindContainerLease, refusePublicAccess } from './containers.ts';

const mostPolicies = 5;

/** The stored access policies of a container. */
export async function showAccessPolicies(call: Call): Promise<BlobAnswer> {
  const state = containerOf(call);
  mindContainerLease(call, false);
  const element = (name: string, value: string | undefined): string =>
    value === undefined ? '' : `<${name}>${escapeXml(value)}</${name}>`;
  const policies = state.accessPolicies.map(
    ({ id, start, expiry, permission }) =>
      `<SignedIdentifier>${element('Id', id)}<AccessPolicy>${element('Start', start)}${element('Expiry', expiry)}${element('Permission', permission)}</AccessPolicy></SignedIdentifier>`,
  );
  const body = `<?xml version="1.0" encoding="utf-8"?><SignedIdentifiers>${policies.join('')}</SignedIdentifiers>`;
  return { status: 200, headers: stamp(state), body };
}

export async function setAccessPolicies(call: Call): Promise<BlobAnswer> {
  refusePublicAccess(call);
  const accessPolicies = await readPolicies(call);
  const { store, container, request, now } = call;
  return store.change(() => {
    const state = containerOf(call);
    checkConditions(request.headers, state, 'write');
    mindContainerLease(call, false);
    const changed = { ...state, accessPolicies, etag: call.newETag(), modified: now };
    store.saveContainer(container, changed);
    return { status: 200, headers: stamp(changed) };
  });
}

async function readPolicies({ request }: Call): Promise<AccessPolicy[]> {
  const root = await readXml(request, { optional: true });
  const policies = (root?.children ?? []).map((identifier) => {
    const policy = childOf(identifier, 'AccessPolicy');
    const text = (name: string): string | undefined => childOf(policy, name)?.text || undefined;
    const id = childOf(identifier, 'Id')?.text ?? '';
    if (id === '' || id.length > 64)
      throw new BlobError(400, 'InvalidXmlDocument', 'The Id of a stored access policy has 1 to 64 characters.');
    return { id, start: text('Start'), expiry: text('Expiry'), permission: text('Permission') };
  });
  if (policies.length > mostPolicies)
    throw new BlobError(400, 'InvalidXmlDocument', `A container has at most ${mostPolicies} stored access policies.`);
  return policies;
}

import type { BlobAnswer, Call } from '../call.ts';
import { BlobError, notSupported, permissionMismatch } from '../errors.ts';
import { setAccessPolicies, showAccessPolicies } from './access-policies.ts';
import { accountInformation, serviceProperties, userDelegationKey } from './account.ts';
import { appendBlock, sealBlob } from './append.ts';
import { getBlockList, putBlock, putBlockList } from './blocks.ts';
import {
  deleteBlob,
  deletePolicy,
  setContentHeaders,
  setLegalHold,
  setMetadata,
  setPolicy,
  setTier,
} from './change-blob.ts';
import { createContainer, deleteContainer, setContainerMetadata, showContainer } from './containers.ts';
import { leaseBlob, leaseContainer } from './leases.ts';
import { listBlobs, listContainers } from './lists.ts';
import { putBlob } from './put-blob.ts';
import { getBlob, headBlob } from './read-blob.ts';
import { getTags, setTags } from './tags.ts';

interface Operation {
  /** Permissions of a shared access signature, any of which will do; none: a signature does not suffice. */
  readonly permissions: string;
  readonly run: (call: Call) => Promise<BlobAnswer>;
}

/** By what the request is about, its method and its parameters `restype` and `comp`. */
const operations: Readonly<Record<string, Operation>> = {
  'account GET  list': { permissions: 'l', run: listContainers },
  'account GET service properties': { permissions: 'r', run: serviceProperties },
  'account POST service userdelegationkey': { permissions: '', run: userDelegationKey },
  'account GET account properties': { permissions: 'r', run: accountInformation },
  'account HEAD account properties': { permissions: 'r', run: accountInformation },
  'container GET account properties': { permissions: 'r', run: accountInformation },
  'container PUT container ': { permissions: 'cw', run: createContainer },
  'container GET container ': { permissions: 'r', run: showContainer },
  'container HEAD container ': { permissions: 'r', run: showContainer },
  'container DELETE container ': { permissions: 'd', run: deleteContainer },
  'container PUT container metadata': { permissions: 'w', run: setContainerMetadata },
  'container GET container metadata': { permissions: 'r', run: showContainer },
  'container GET container acl': { permissions: '', run: showAccessPolicies },
  'container PUT container acl': { permissions: '', run: setAccessPolicies },
  'container PUT container lease': { permissions: 'w', run: leaseContainer },
  'container GET container list': { permissions: 'l', run: listBlobs },
  'blob GET account properties': { permissions: 'r', run: accountInformation },
  'blob GET  ': { permissions: 'r', run: getBlob },
  'blob HEAD  ': { permissions: 'r', run: headBlob },
  'blob PUT  ': { permissions: 'cw', run: putBlob },
  'blob DELETE  ': { permissions: 'd', run: deleteBlob },
  'blob PUT  block': { permissions: 'cw', run: putBlock },
  'blob PUT  blocklist': { permissions: 'cw', run: putBlockList },
  'blob GET  blocklist': { permissions: 'r', run: getBlockList },
  'blob PUT  appendblock': { permissions: 'aw', run: appendBlock },
  'blob PUT  seal': { permissions: 'w', run: sealBlob },
  'blob PUT  properties': { permissions: 'w', run: setContentHeaders },
  'blob PUT  metadata': { permissions: 'w', run: setMetadata },
  'blob GET  metadata': { permissions: 'r', run: headBlob },
  'blob PUT  lease': { permissions: 'w', run: leaseBlob },
  'blob PUT  tier': { permissions: 'w', run: setTier },
  'blob GET  tags': { permissions: 't', run: getTags },
  'blob PUT  tags': { permissions: 't', run: setTags },
  'blob PUT  immutabilitypolicies': { permissions: 'i', run: setPolicy },
  'blob DELETE  immutabilitypolicies': { permissions: 'i', run: deletePolicy },
  'blob PUT  legalhold': { permissions: 'i', run: setLegalHold },
};

/** Answers a request that has been authorised for its account. @throws BlobError. */
export async function perform(call: Call): Promise<BlobAnswer> {
  const { method, query, container, blob } = call.request;
  const subject = container === undefined ? 'account' : blob === undefined ? 'container' : 'blob';
  const [kind = '', component = ''] = [query.get('restype')?.toLowerCase(), query.get('comp')?.toLowerCase()];
  const operation = operations[`${subject} ${method} ${kind} ${component}`];
  if (operation === undefined) throw unknown(subject, method, kind, component);
  if (!call.grant.unlimited && ![...operation.permissions].some((letter) => call.grant.allows(letter)))
    throw permissionMismatch();
  return operation.run(call);
}

function unknown(subject: string, method: string, kind: string, component: string): BlobError {
  if (!['GET', 'HEAD', 'PUT', 'POST', 'DELETE'].includes(method))
    return new BlobError(405, 'UnsupportedHttpVerb', 'The resource does not support the specified HTTP verb.');
  if (component !== '')
    return notSupported(`${method} of ${subject === 'account' ? 'an' : 'a'} ${subject} with comp=${component}`);
  if (subject === 'container' && kind === '') return notSupported('A blob in the root container');
  return new BlobError(
    400,
    'InvalidQueryParameterValue',
    `There is no operation ${method} of the ${subject} with restype=${kind}.`,
  );
}

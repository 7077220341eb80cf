import { type Call, readAttributes, readBytes, readName } from './call.ts';
import { decryptWith, encryptWith, signWith, verifyWith } from './cryptography.ts';
import { deletion, describe, describeDeleted, idOf, listed, newestOf, page } from './describe.ts';
import { forbidden, KeyVaultError, notFound, notSupported } from './errors.ts';
import { importKey, makeKey, makeSimilar } from './key-material.ts';
import type { Key, KeyVersion } from './key-store.ts';
import { readRotationPolicy } from './rotation-policy.ts';

type Answer = readonly [status: number, body?: object];
type Operation = (call: Call) => Answer;

/** https://learn.microsoft.com/rest/api/keyvault/keys/operation-groups: method, path (`*` a name), operation. */
export const operations: readonly (readonly [string, string, Operation])[] = [
  ['GET', 'keys', listKeys],
  ['POST', 'keys/restore', () => refuse('Restoring a backup')],
  ['POST', 'keys/*/create', create],
  ['POST', 'keys/*/rotate', rotate],
  ['POST', 'keys/*/backup', () => refuse('Backing up a key')],
  ['POST', 'keys/*/*/release', () => refuse('Releasing a key')],
  ['GET', 'keys/*/versions', listVersions],
  ['GET', 'keys/*/rotationpolicy', getRotationPolicy],
  ['PUT', 'keys/*/rotationpolicy', setRotationPolicy],
  ['PUT', 'keys/*', importOne],
  ['DELETE', 'keys/*', deleteKey],
  ['GET', 'keys/*', (call) => [200, describe(call, versionOf(call))]],
  ['GET', 'keys/*/*', (call) => [200, describe(call, versionOf(call))]],
  ['PATCH', 'keys/*/*', update],
  ['PATCH', 'keys/*', update],
  ['POST', 'keys/*/*/encrypt', (call) => cipher(call, 'encrypt', encryptWith)],
  ['POST', 'keys/*/*/decrypt', (call) => cipher(call, 'decrypt', decryptWith)],
  ['POST', 'keys/*/*/wrapkey', (call) => cipher(call, 'wrapKey', encryptWith)],
  ['POST', 'keys/*/*/unwrapkey', (call) => cipher(call, 'unwrapKey', decryptWith)],
  ['POST', 'keys/*/*/sign', (call) => cipher(call, 'sign', signWith)],
  ['POST', 'keys/*/*/verify', verify],
  ['GET', 'deletedkeys', listDeleted],
  ['GET', 'deletedkeys/*', (call) => [200, describeDeleted(call, deletedOf(call))]],
  ['DELETE', 'deletedkeys/*', purge],
  ['POST', 'deletedkeys/*/recover', recover],
];

function refuse(what: string): never {
  throw notSupported(what);
}

function create(call: Call): Answer {
  const { store, body, now, names } = call;
  const name = readName(names[0] ?? '');
  refuseDeleted(store.find(name));
  if (body['release_policy'] !== undefined) throw notSupported('A release policy');
  return [200, describe(call, store.add(name, makeKey(body), now, readAttributes(body)))];
}

function importOne(call: Call): Answer {
  const { store, body, now, names } = call;
  const name = readName(names[0] ?? '');
  refuseDeleted(store.find(name));
  const key = body['key'] as Readonly<Record<string, unknown>> | undefined;
  const attributes = readAttributes({ ...body, key_ops: key?.['key_ops'] });
  return [200, describe(call, store.add(name, importKey(key), now, attributes))];
}

function rotate(call: Call): Answer {
  const newest = newestOf(keyOf(call));
  const { operations: kept, tags } = newest;
  const added = call.store.add(newest.name, makeSimilar(newest), call.now, {
    enabled: true,
    operations: kept,
    ...(tags && { tags }),
  });
  return [200, describe(call, added)];
}

function update(call: Call): Answer {
  const { body, now } = call;
  const old = versionOf(call);
  const given = readAttributes({ ...body, key_ops: body['key_ops'] ?? old.operations });
  const attributes = (body['attributes'] ?? {}) as Readonly<Record<string, unknown>>;
  const changed: KeyVersion = {
    ...old,
    ...given,
    enabled: attributes['enabled'] === undefined ? old.enabled : given.enabled,
    updated: now,
  };
  call.store.replace(changed);
  return [200, describe(call, changed)];
}

function cipher(
  call: Call,
  operation: string,
  work: (pem: string, algorithm: unknown, value: Buffer) => Buffer,
): Answer {
  const key = versionOf(call);
  requireUse(key, operation, call.now);
  const value = work(key.pem, call.body['alg'], readBytes(call.body, 'value'));
  return [200, { kid: idOf(call, key), value: value.toString('base64url') }];
}

function verify(call: Call): Answer {
  const key = versionOf(call);
  requireUse(key, 'verify', call.now);
  const { body } = call;
  return [200, { value: verifyWith(key.pem, body['alg'], readBytes(body, 'digest'), readBytes(body, 'value')) }];
}

/** A key that is off, not meant for this, or out of its time is not used; what it has done can still be undone. */
function requireUse(key: KeyVersion, operation: string, now: number): void {
  const { name, enabled, operations: allowed, expires, notBefore } = key;
  if (!enabled) throw forbidden(`Operation ${operation} is not allowed on a disabled key.`, 'KeyDisabled');
  if (!allowed.includes(operation))
    throw forbidden(`Operation ${operation} is not permitted on the key ${name}.`, 'KeyOperationForbidden');
  if (['decrypt', 'unwrapKey', 'verify'].includes(operation)) return;
  if (notBefore !== undefined && notBefore > now) throw forbidden('The key is not yet valid.', 'KeyNotYetValid');
  if (expires !== undefined && expires <= now) throw forbidden('The key has expired.', 'KeyExpired');
}

function listKeys(call: Call): Answer {
  const alive = call.store.all().filter(({ deleted }) => deleted === undefined);
  return [
    200,
    page(
      call,
      alive.map((key) => listed(call, newestOf(key), `/keys/${key.name}`)),
      '/keys',
    ),
  ];
}

function listVersions(call: Call): Answer {
  const key = keyOf(call);
  const items = key.versions.map((one) => listed(call, one, `/keys/${one.name}/${one.version}`));
  return [200, page(call, items, `/keys/${key.name}/versions`)];
}

function listDeleted(call: Call): Answer {
  const gone = call.store.all().filter(({ deleted }) => deleted !== undefined);
  const items = gone.map((key) => ({ ...deletion(call, key), ...listed(call, newestOf(key), `/keys/${key.name}`) }));
  return [200, page(call, items, '/deletedkeys')];
}

function deleteKey(call: Call): Answer {
  const key = keyOf(call);
  const deleted = { ...factsOf(key), deleted: call.now };
  call.store.setFacts(deleted);
  return [200, describeDeleted(call, { ...key, ...deleted })];
}

function recover(call: Call): Answer {
  const { deleted: _, ...key } = deletedOf(call);
  call.store.setFacts(factsOf(key));
  return [200, describe(call, newestOf(key))];
}

function purge(call: Call): Answer {
  call.store.purge(deletedOf(call).name);
  return [204];
}

function getRotationPolicy(call: Call): Answer {
  const { name, rotationPolicy } = keyOf(call);
  return [
    200,
    rotationPolicy ?? { id: `${call.endpoint}/keys/${name}/rotationpolicy`, lifetimeActions: [], attributes: {} },
  ];
}

function setRotationPolicy(call: Call): Answer {
  const key = keyOf(call);
  const id = `${call.endpoint}/keys/${key.name}/rotationpolicy`;
  const rotationPolicy = { id, ...readRotationPolicy(call.body, call.now) };
  call.store.setFacts({ ...factsOf(key), rotationPolicy });
  return [200, rotationPolicy];
}

const factsOf = ({ name, rotationPolicy, deleted }: Key) => ({
  name,
  ...(rotationPolicy && { rotationPolicy }),
  ...(deleted !== undefined && { deleted }),
});

function keyOf({ store, names }: Call): Key {
  const key = store.find(names[0] ?? '');
  if (key === undefined || key.deleted !== undefined) throw notFound(names[0] ?? '');
  return key;
}

function deletedOf({ store, names }: Call): Key {
  const key = store.find(names[0] ?? '');
  if (key?.deleted === undefined) throw notFound(names[0] ?? '');
  return key;
}

/** The version that the path names, or the newest. */
function versionOf(call: Call): KeyVersion {
  const key = keyOf(call);
  const wanted = call.names[1];
  const found = wanted === undefined ? newestOf(key) : key.versions.find(({ version }) => version === wanted);
  if (found === undefined) throw notFound(`${key.name}/${wanted}`);
  return found;
}

function refuseDeleted(key: Key | undefined): void {
  if (key?.deleted !== undefined)
    throw new KeyVaultError(
      409,
      'Conflict',
      `Key ${key.name} is currently in a deleted but recoverable state, and its name cannot be reused.`,
      'ObjectIsDeletedButRecoverable',
    );
}

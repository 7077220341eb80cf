import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { definition } from '../demo/azure.ts';
import {
  auditKeyName,
  blobContainers,
  containers,
  maxDeliveryCount,
  queues,
  recordChanges,
} from '../shared/topology.ts';

interface Predicted {
  readonly type: string;
  readonly name: string;
  readonly properties?: Record<string, never>;
}
const { predictedResources } = JSON.parse(readFileSync('infra-bicep/dev.snapshot.json', 'utf8')) as {
  predictedResources: Predicted[];
};
const of = (type: string): Predicted[] => predictedResources.filter((resource) => resource.type === type);
const lastName = ({ name }: Predicted): string => name.split('/').at(-1) ?? '';

test('Bicep declares the containers that the code uses, with the same keys and indexes', () => {
  const declared = of('Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers');
  assert.deepEqual(declared.map(lastName).sort(), Object.keys(containers).sort());
  for (const [name, { partitionKey, included, defaultTtl }] of Object.entries(containers)) {
    const resource = declared.find((one) => lastName(one) === name)?.properties?.['resource'] as unknown as {
      partitionKey: { paths: string[] };
      defaultTtl?: number;
      indexingPolicy: { includedPaths: { path: string }[] };
    };
    assert.deepEqual(resource.partitionKey.paths, [partitionKey], name);
    assert.deepEqual(resource.indexingPolicy.includedPaths.map(({ path }) => path).sort(), [...included].sort(), name);
    assert.equal(resource.defaultTtl, defaultTtl, name);
  }
});

test('Bicep declares the queues, the topic and the subscriptions that the code uses', () => {
  assert.deepEqual(of('Microsoft.ServiceBus/namespaces/queues').map(lastName).sort(), Object.values(queues).sort());
  assert.deepEqual(of('Microsoft.ServiceBus/namespaces/topics').map(lastName), [recordChanges.topic]);
  assert.deepEqual(
    of('Microsoft.ServiceBus/namespaces/topics/subscriptions').map(lastName).sort(),
    Object.values(recordChanges.subscriptions).sort(),
  );
  for (const type of ['queues', 'topics/subscriptions'])
    for (const { properties } of of(`Microsoft.ServiceBus/namespaces/${type}`))
      assert.equal((properties as Record<string, unknown>)['maxDeliveryCount'], maxDeliveryCount);
});

test('Bicep declares the blob containers and the signing key that the code uses, and keeps checkpoints immutable', () => {
  const declared = of('Microsoft.Storage/storageAccounts/blobServices/containers').map(lastName);
  for (const name of Object.values(blobContainers)) assert.ok(declared.includes(name), name);
  assert.ok(of('Microsoft.KeyVault/vaults/keys').map(lastName).includes(auditKeyName));
  const [policy] = of('Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies');
  assert.ok(policy?.name.includes(`/${blobContainers.auditCheckpoints}/`), policy?.name);
  assert.deepEqual(
    { [blobContainers.auditCheckpoints]: policy?.properties?.['immutabilityPeriodSinceCreationInDays'] },
    definition.immutableFor,
    'as long here as there',
  );
});

test('who starts orchestrations, and who runs them, may use the blobs, queues and tables of their task hub', () => {
  const dataRoles = {
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
    '974c5e8b-45b9-4653-ba55-5f855dd0fb88': 'Storage Queue Data Contributor',
    '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  };
  const onStorage = of('Microsoft.Authorization/roleAssignments').filter((one) =>
    String(Reflect.get(one, 'id')).includes('Microsoft.Storage/storageAccounts'),
  );
  for (const app of ['api', 'work'])
    for (const [role, name] of Object.entries(dataRoles))
      assert.ok(
        onStorage.some(
          ({ properties }) =>
            String(properties?.['principalId']).endsWith(`.value.${app}]`) &&
            String(properties?.['roleDefinitionId']).endsWith(role),
        ),
        `${app}: ${name}`,
      );
});

test('no service takes keys, and no setting holds one', () => {
  for (const resource of predictedResources) {
    const properties = (resource.properties ?? {}) as Record<string, unknown>;
    for (const name of ['disableLocalAuth', 'DisableLocalAuth'])
      if (name in properties) assert.equal(properties[name], true, resource.name);
    if (resource.type === 'Microsoft.Storage/storageAccounts') assert.equal(properties['allowSharedKeyAccess'], false);
  }
  const text = readFileSync('infra-bicep/dev.snapshot.json', 'utf8');
  assert.doesNotMatch(text, /listKeys|AccountKey=|SharedAccessKey=/);
});

test('everything is in the UK', () => {
  const locations = predictedResources.flatMap((resource) => Reflect.get(resource, 'location') ?? []);
  assert.deepEqual([...new Set(locations)], ['uksouth']);
});

test('the compiler finds nothing, and the committed snapshot is what it makes', (context) => {
  const compiler = ['../shared/tools/bicep/bicep', '/usr/local/bin/bicep'].find(existsSync);
  if (compiler === undefined)
    return context.diagnostic('no Bicep compiler here: build, lint and snapshot were left out');
  const tool = compiler.startsWith('..') ? `../${compiler}` : compiler;
  const bicep = (...parameters: string[]) => spawnSync(tool, parameters, { encoding: 'utf8', cwd: 'infra-bicep' });
  const lint = bicep('lint', 'main.bicep');
  assert.deepEqual([lint.status, lint.stderr.trim()], [0, '']);
  const snapshot = bicep(
    'snapshot',
    'dev.bicepparam',
    '--mode',
    'validate',
    '--subscription-id',
    '00000000-0000-0000-0000-000000000000',
    '--resource-group',
    'wardline-dev',
    '--location',
    'uksouth',
  );
  assert.equal(snapshot.status, 0, `${snapshot.stdout}${snapshot.stderr}`);
});

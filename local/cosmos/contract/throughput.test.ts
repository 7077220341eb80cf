import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CosmosClient } from '@azure/cosmos';
import { openAccount, refusalOf } from './account.ts';

test('with throughput switched on, who asks too much is told to wait, and the SDK waits', {
  skip: process.env['COSMOS_ENDPOINT'] !== undefined,
}, async () => {
  const account = await openAccount({ throttle: true });
  const container = await account.container({ throughput: 400 });
  const text = 'x'.repeat(100_000);
  const impatient = new CosmosClient({
    endpoint: account.endpoint,
    key: account.key,
    connectionPolicy: {
      retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 },
    },
  });
  const same = impatient.database(account.database.id).container(container.id);
  const refusal = await refusalOf(
    (async () => {
      for (let n = 0; n < 100; n++) await same.items.create({ id: `i${n}`, partition: 'a', text });
    })(),
  );
  assert.deepEqual([refusal.status, refusal.substatus], [429, 3200]);
  const patient = await container.items.create({ id: 'patient', partition: 'a' });
  assert.equal(patient.statusCode, 201);
  const { container: free } = await account.database.containers.create({
    id: 'free',
    partitionKey: { paths: ['/p'] },
    throughput: 100_000,
  });
  for (let n = 0; n < 20; n++) await free.items.create({ id: `i${n}`, p: 'a', text });
  impatient.dispose();
  await account.close();
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BulkOperationType, CosmosClient, type OperationInput } from '@azure/cosmos';
import { type Account, openAccount, refusalOf } from './account.ts';

const skip = process.env['COSMOS_ENDPOINT'] !== undefined;
let account: Account;
before(async () => {
  account = await openAccount({ throttle: true });
});
after(() => account.close());

test('who has used up the throughput is told to wait, the SDK waits, others go on', { skip }, async () => {
  const container = await account.container({ throughput: 400 });
  const retryOptions = { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 };
  const impatient = new CosmosClient({
    endpoint: account.endpoint,
    key: account.key,
    connectionPolicy: { retryOptions },
  });
  const same = impatient.database(account.database.id).container(container.id);
  // Some 2,600 units at once: the 400 a second are overdrawn for more than five seconds.
  const written = await container.items.batch(
    Array.from(
      { length: 100 },
      (_, n): OperationInput => ({
        operationType: BulkOperationType.Upsert,
        resourceBody: { id: `i${n % 50}`, partition: 'a', text: 'x'.repeat(20_000) },
      }),
    ),
    'a',
  );
  assert.equal(written.code, 200);
  const refusal = await refusalOf(same.item('i1', 'a').read());
  assert.deepEqual([refusal.status, refusal.substatus], [429, 3200]);
  const other = await account.container({ throughput: 100_000 });
  assert.equal((await other.items.create({ id: '1', partition: 'a' })).statusCode, 201);
  assert.equal((await container.item('i1', 'a').read()).statusCode, 200);
  impatient.dispose();
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ChangeFeedMode,
  ChangeFeedPolicy,
  ChangeFeedRetentionTimeSpan,
  ChangeFeedStartFrom,
  type Container,
} from '@azure/cosmos';
import { eventually } from '../../fixtures/eventually.ts';
import { type Account, openAccount, statusOf } from './account.ts';

let account: Account;
before(async () => {
  account = await openAccount();
});
after(() => account.close());

const policy = new ChangeFeedPolicy(ChangeFeedRetentionTimeSpan.fromMinutes(10));
const newContainer = (definition: object = {}): Promise<Container> =>
  account.container({ changeFeedPolicy: policy, ...definition });

interface Change {
  readonly current: { readonly id: string; readonly n?: number } | null;
  readonly metadata: {
    readonly lsn: number;
    readonly crts: number;
    readonly operationType: string;
    readonly previousImageLSN?: number;
    readonly timeToLiveExpired?: boolean;
    readonly id?: string;
    readonly partitionKey?: Record<string, unknown>;
  };
}

function open(
  container: Container,
  changeFeedStartFrom: ChangeFeedStartFrom = ChangeFeedStartFrom.Now(),
  maxItemCount = 100,
) {
  const changeFeedMode = ChangeFeedMode.AllVersionsAndDeletes;
  return container.items.getChangeFeedIterator<Change>({ changeFeedMode, changeFeedStartFrom, maxItemCount });
}

/** What the feed tells until it has nothing more, and where it has come. */
async function rest(feed: ReturnType<typeof open>): Promise<{ changes: Change[]; continuation: string }> {
  const changes: Change[] = [];
  for (;;) {
    const { result, statusCode, continuationToken } = await feed.readNext();
    if (statusCode === 304) return { changes, continuation: continuationToken };
    changes.push(...result);
  }
}
const told = (changes: readonly Change[]) =>
  changes.map(({ current, metadata }) => [metadata.operationType, current?.id ?? metadata.id, current?.n]);

test('every version is told, and every delete with its id and partition key', async () => {
  const container = await newContainer();
  const feed = open(container);
  await rest(feed);
  await container.items.create({ id: 'a', partition: 'p', n: 1 });
  await container.item('a', 'p').replace({ id: 'a', partition: 'p', n: 2 });
  await container.items.upsert({ id: 'a', partition: 'p', n: 3 });
  await container.item('a', 'p').delete();
  const { changes } = await rest(feed);
  assert.deepEqual(told(changes), [
    ['create', 'a', 1],
    ['replace', 'a', 2],
    ['replace', 'a', 3],
    ['delete', 'a', undefined],
  ]);
  const [first, second, , last] = changes.map(({ metadata }) => metadata);
  assert.equal(second?.previousImageLSN, first?.lsn);
  assert.deepEqual([last?.partitionKey, last?.timeToLiveExpired], [{ partition: 'p' }, false]);
  assert.ok(Math.abs((first?.crts ?? 0) - Date.now() / 1000) < 300);
});

test('pages follow one another, and a continuation goes on where it stood', async () => {
  const container = await newContainer();
  const { continuation } = await rest(open(container));
  for (const n of [1, 2, 3, 4, 5]) await container.items.create({ id: `i${n}`, partition: 'p', n });
  const again = open(container, ChangeFeedStartFrom.Continuation(continuation), 2);
  const sizes: number[] = [];
  const found: Change[] = [];
  for (let page = await again.readNext(); page.statusCode !== 304; page = await again.readNext()) {
    sizes.push(page.result.length);
    found.push(...page.result);
  }
  assert.deepEqual(sizes, [2, 2, 1]);
  assert.deepEqual(
    told(found).map(([, id]) => id),
    ['i1', 'i2', 'i3', 'i4', 'i5'],
  );
});

test('the feed of one partition key tells of that alone', async () => {
  const container = await newContainer();
  const feed = open(container, ChangeFeedStartFrom.Now('one'));
  await rest(feed);
  for (const partition of ['one', 'two', 'one']) await container.items.upsert({ id: 'x', partition });
  assert.deepEqual(
    told((await rest(feed)).changes).map(([operation]) => operation),
    ['create', 'replace'],
  );
});

test('what a batch changed is told; what it undid is not', async () => {
  const container = await newContainer();
  const feed = open(container);
  await rest(feed);
  const create = (id: string) => ({ operationType: 'Create' as const, resourceBody: { id, partition: 'p' } });
  await container.items.batch([create('a'), create('b')], 'p');
  await container.items.batch([create('c'), create('a')], 'p');
  assert.deepEqual(
    told((await rest(feed)).changes).map(([, id]) => id),
    ['a', 'b'],
  );
});

test('what its time to live took is told apart from what was deleted', async () => {
  const container = await newContainer({ defaultTtl: 1 });
  const feed = open(container);
  await rest(feed);
  await container.items.create({ id: 'short', partition: 'p' });
  const found: Change[] = [];
  const last = await eventually(
    'the end of its time',
    async () => {
      found.push(...(await rest(feed)).changes);
      return found.find(({ metadata }) => metadata.operationType === 'delete');
    },
    60_000,
  );
  assert.deepEqual([last.metadata.id, last.metadata.timeToLiveExpired], ['short', true]);
});

test('it needs a container that keeps versions, and knows no beginning', async () => {
  const plain = await account.container();
  assert.equal(await statusOf(open(plain).readNext()), '400');
  const container = await newContainer();
  assert.equal(await statusOf(open(container, ChangeFeedStartFrom.Beginning()).readNext()), '400');
  const wrong = account.database.containers.create({
    id: 'wrong',
    partitionKey: '/p',
    changeFeedPolicy: { retentionDuration: -1 },
  });
  assert.equal(await statusOf(wrong), '400');
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Container, TriggerOperation, TriggerType } from '@azure/cosmos';
import { type Account, openAccount, refusalOf, statusOf } from './account.ts';

let account: Account;
let items: Container;
before(async () => {
  account = await openAccount({ longestScriptMs: 1000 });
  items = await account.container();
});
after(() => account.close());

let made = 0;
/** Registers a trigger. @returns its id */
async function trigger(
  triggerType: TriggerType,
  body: string,
  triggerOperation = TriggerOperation.All,
): Promise<string> {
  const id = `trigger${++made}`;
  await items.scripts.triggers.create({ id, body, triggerType, triggerOperation });
  return id;
}
const stamp = `function () {
  var request = getContext().getRequest(), body = request.getBody();
  body.stamped = request.getOperationType();
  request.setBody(body);
}`;
/** Counts in a document of the partition. */
const count = `function () {
  var c = getContext().getCollection(), made = getContext().getResponse().getBody();
  c.readDocument(c.getAltLink() + '/docs/count', function (error, found) {
    var counted = error ? { id: 'count', partition: made.partition, n: 0 } : found;
    counted.n += 1;
    counted.last = made.id;
    c.upsertDocument(c.getSelfLink(), counted, function (error) { if (error) throw error; });
  });
}`;

test('a trigger is registered, read, replaced, listed and deleted', async () => {
  const { triggers } = items.scripts;
  const given = { id: 'kept', body: stamp, triggerType: TriggerType.Pre, triggerOperation: TriggerOperation.Create };
  const { resource } = await triggers.create(given);
  assert.deepEqual([resource?.triggerType, resource?.triggerOperation], ['Pre', 'Create']);
  assert.equal(await statusOf(triggers.create(given)), '409');
  assert.equal(await statusOf(triggers.create({ ...given, id: 'odd', triggerType: 'never' as TriggerType })), '400');
  const replaced = await items.scripts.trigger('kept').replace({ ...given, triggerType: TriggerType.Post });
  assert.equal(replaced.resource?.triggerType, 'Post');
  assert.ok((await triggers.readAll().fetchAll()).resources.some(({ id }) => id === 'kept'));
  await items.scripts.trigger('kept').delete();
  assert.equal(await statusOf(items.scripts.trigger('kept').read()), '404');
});

test('a pre-trigger changes what is written', async () => {
  const options = { preTriggerInclude: await trigger(TriggerType.Pre, stamp) };
  const { resource } = await items.items.create<Record<string, unknown>>({ id: 'a', partition: 'pre' }, options);
  assert.equal(resource?.['stamped'], 'Create');
  const changed = await items.item('a', 'pre').replace<Record<string, unknown>>({ id: 'a', partition: 'pre' }, options);
  assert.equal(changed.resource?.['stamped'], 'Replace');
  const plain = await items.items.upsert<Record<string, unknown>>({ id: 'b', partition: 'pre' });
  assert.equal(plain.resource?.['stamped'], undefined, 'a trigger runs where it is asked for alone');
});

test('a post-trigger sees what was written and writes besides, in the same partition', async () => {
  const options = { postTriggerInclude: await trigger(TriggerType.Post, count) };
  for (const id of ['a', 'b']) await items.items.create({ id, partition: 'post' }, options);
  const { resource } = await items.item('count', 'post').read<{ n: number; last: string }>();
  assert.deepEqual([resource?.n, resource?.last], [2, 'b']);
});

test('what a trigger throws undoes the change and what the triggers wrote', async () => {
  const failing = await trigger(TriggerType.Post, `function () { (${count})(); throw new Error('not today'); }`);
  const refusal = await refusalOf(
    items.items.create({ id: 'a', partition: 'undone' }, { postTriggerInclude: failing }),
  );
  assert.equal(refusal.status, 400);
  assert.match(refusal.message, /not today/);
  const refusing = await trigger(TriggerType.Pre, `function () { throw new Error('no'); }`);
  assert.equal(
    await statusOf(items.items.create({ id: 'b', partition: 'undone' }, { preTriggerInclude: refusing })),
    '400',
  );
  const { resources } = await items.items.query("SELECT * FROM c WHERE c.partition = 'undone'").fetchAll();
  assert.deepEqual(resources, []);
});

test('a trigger that is not there, or for something else, refuses the change', async () => {
  const create = (options: object) => statusOf(items.items.create({ id: 'x', partition: 'refused' }, options));
  const [pre, deleting] = [
    await trigger(TriggerType.Pre, stamp),
    await trigger(TriggerType.Pre, stamp, TriggerOperation.Delete),
  ];
  assert.equal(await create({ preTriggerInclude: 'nobody' }), '400');
  assert.equal(await create({ postTriggerInclude: pre }), '400');
  assert.equal(await create({ preTriggerInclude: deleting }), '400');
  assert.equal(await create({ preTriggerInclude: [pre, deleting] }), '400');
  assert.equal((await items.items.create({ id: 'x', partition: 'refused' })).statusCode, 201, 'none of them wrote it');
});

test('a trigger that does not end is ended, and nothing is written', async () => {
  const endless = await trigger(TriggerType.Pre, 'function () { for (;;) {} }');
  assert.equal(
    await statusOf(items.items.create({ id: 'e', partition: 'endless' }, { preTriggerInclude: endless })),
    '408',
  );
  assert.equal((await items.item('e', 'endless').read()).statusCode, 404);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SignJWT } from 'jose';
import { eventually } from '../../fixtures/eventually.ts';
import { openHub, plain, type TestHub } from './support.ts';

let hub: TestHub;
before(async () => {
  hub = await openHub();
});
after(() => hub?.close());

test('existence, groups and permissions are asked for and changed over REST', async () => {
  const { id, client } = await hub.connect({ userId: 'rest-user' });
  assert.equal(await hub.service.connectionExists(id), true);
  assert.equal(await hub.service.connectionExists('nobody'), false);
  assert.equal(await hub.service.userExists('rest-user'), true);
  assert.equal(await hub.service.userExists('nobody'), false);
  assert.equal(await hub.service.groupExists('rest-group'), false);
  await hub.service.group('rest-group').addConnection(id);
  assert.equal(await hub.service.groupExists('rest-group'), true);
  await hub.service.group('rest-group').removeConnection(id);
  assert.equal(await hub.service.groupExists('rest-group'), false);
  await hub.service.group('rest-group').addUser('rest-user');
  assert.equal(await hub.service.groupExists('rest-group'), true);
  await hub.service.group('rest-group').removeUser('rest-user');
  await hub.service.addConnectionsToGroups(['g1', 'g2'], `userId eq 'rest-user'`);
  assert.deepEqual([await hub.service.groupExists('g1'), await hub.service.groupExists('g2')], [true, true]);
  await hub.service.removeConnectionsFromGroups(['g1'], `'g2' in groups`);
  assert.deepEqual([await hub.service.groupExists('g1'), await hub.service.groupExists('g2')], [false, true]);
  await hub.service.removeUserFromAllGroups('rest-user');
  await hub.service.group('g3').addConnection(id);
  await hub.service.removeConnectionFromAllGroups(id);
  assert.deepEqual([await hub.service.groupExists('g2'), await hub.service.groupExists('g3')], [false, false]);
  await assert.rejects(hub.service.group('rest-group').addConnection('nobody'), { statusCode: 404 });

  await assert.rejects(client.joinGroup('asked'), /Failed to send/);
  assert.equal(await hub.service.hasPermission(id, 'joinLeaveGroup', { targetName: 'asked' }), false);
  await hub.service.grantPermission(id, 'joinLeaveGroup', { targetName: 'asked' });
  assert.equal(await hub.service.hasPermission(id, 'joinLeaveGroup', { targetName: 'asked' }), true);
  await client.joinGroup('asked');
  await assert.rejects(client.joinGroup('another'), /Failed to send/);
  await hub.service.revokePermission(id, 'joinLeaveGroup', { targetName: 'asked' });
  await assert.rejects(client.leaveGroup('asked'), /Failed to send/);
  await assert.rejects(hub.service.grantPermission('nobody', 'sendToGroup'), { statusCode: 404 });
});

test('the members of a group are listed in pages', async () => {
  const ids = await Promise.all(
    [1, 2, 3].map(async (n) => (await hub.connect({ userId: `l${n}`, groups: ['listed'] })).id),
  );
  const { token } = await hub.service.getClientAccessToken();
  const found: string[] = [];
  let path: string | undefined = `/api/hubs/${hub.name}/groups/listed/connections?maxpagesize=2&api-version=2024-12-01`;
  let pages = 0;
  while (path !== undefined) {
    const address = `${hub.endpoint}${path}`;
    const bearer = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience(address)
      .setExpirationTime('1m')
      .sign(new TextEncoder().encode(hub.key));
    const page = (await (await fetch(address, { headers: { authorization: `Bearer ${bearer}` } })).json()) as {
      value: { connectionId: string; userId: string }[];
      nextLink?: string;
    };
    found.push(...page.value.map(({ connectionId }) => connectionId));
    path = page.nextLink;
    pages++;
  }
  assert.deepEqual([found.toSorted(), pages], [ids.toSorted(), 2]);
  // A client's token is for connecting, not for calling.
  const refused = await fetch(`${hub.endpoint}/api/hubs/${hub.name}/groups/listed/connections`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(refused.status, 401);
});

test('connections are closed one by one, by user, by group and all at once, with the reason', async () => {
  const single = await hub.connect();
  const byUser = await hub.connect({ userId: 'closing' }, plain);
  const byGroup = await hub.connect({ groups: ['closing'] });
  await hub.service.closeConnection(single.id, { reason: 'out of date' });
  await hub.service.closeUserConnections('closing', { reason: 'signed out' });
  await hub.service.group('closing').closeAllConnections({ reason: 'ward closed' });
  await eventually('three disconnections', () =>
    [single, byUser, byGroup].every(({ disconnected }) => disconnected.length > 0),
  );
  assert.deepEqual(
    [single, byUser, byGroup].map(({ disconnected }) => disconnected[0]),
    ['out of date', 'signed out', 'ward closed'],
  );
  assert.equal(await hub.service.connectionExists(single.id), false);
  const last = await hub.connect();
  await hub.service.closeAllConnections({ reason: 'restart' });
  await eventually('the last disconnection', () => last.disconnected.length > 0);
  assert.equal(await hub.service.connectionExists(last.id), false);
});

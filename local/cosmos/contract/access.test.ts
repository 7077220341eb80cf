import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CosmosClient } from '@azure/cosmos';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { listen } from '../../http-server.ts';
import { localCertificate } from '../../tls.ts';
import { startCosmos } from '../index.ts';
import { type Account, openAccount, refusalOf, statusOf } from './account.ts';
import { signedRequest } from './signed-request.ts';

let account: Account;
before(async () => {
  account = await openAccount();
});
after(() => account.close());

test('another key, no key and a forged signature open nothing', async () => {
  const stranger = new CosmosClient({ endpoint: account.endpoint, key: Buffer.from('another').toString('base64') });
  assert.equal(await statusOf(stranger.database(account.database.id).read()), '401');
  stranger.dispose();
  const path = `/dbs/${account.database.id}`;
  for (const authorization of ['', 'nonsense', 'type%3Dmaster%26ver%3D1.0%26sig%3D', '%E0%A4%A'])
    assert.equal((await signedRequest(account, { method: 'GET', path, headers: { authorization } })).status, 401);
  const otherPath = await signedRequest(account, { method: 'GET', path, sign: ['dbs', 'dbs/other'] });
  assert.equal(otherPath.status, 401);
  const otherMethod = await signedRequest(account, { method: 'DELETE', path, sign: ['colls', path.slice(1)] });
  assert.equal(otherMethod.status, 401);
});

test('a signature is good for fifteen minutes', async () => {
  const at = (minutes: number) => ({ 'x-ms-date': new Date(Date.now() + minutes * 60_000).toUTCString() });
  const ask = async (headers: Record<string, string>) =>
    (await signedRequest(account, { method: 'GET', path: '/', headers })).status;
  // The signature covers the date, so a request with another one fails either way: what counts here is why.
  for (const minutes of [-16, 16]) {
    const answer = await signedRequest(account, { method: 'GET', path: '/', headers: at(minutes) });
    assert.equal(answer.status, 401);
    assert.match(String(answer.json()['message']), /15 minutes|not valid at the current time/);
  }
  assert.equal(await ask({ 'x-ms-date': 'yesterday' }), 401);
  assert.equal(await ask({}), 200);
});

test('an Entra token of the identity provider opens the data, not the management; another one opens nothing', async (context) => {
  const state = mkdtempSync(join(tmpdir(), 'cosmos-entra-'));
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256', kid: 'k' }] };
  const provider = await listen(
    createServer((_request, response) => response.end(JSON.stringify(jwks))),
    0,
  );
  const issuer = `http://localhost:${provider.port}`;
  const tls = await localCertificate(state);
  const server = await startCosmos({
    port: 0,
    state,
    key: account.key,
    tls,
    issuer,
  });
  context.after(async () => {
    await server.close();
    await provider.close();
    rmSync(state, { recursive: true, force: true });
  });
  const endpoint = `https://localhost:${server.port}/`;
  const agent = new Agent({ ca: readFileSync(tls.ca), keepAlive: true });
  const audiences: string[] = [];
  const credential = (signWith: CryptoKey, audience?: string) => ({
    async getToken(scope: string | string[]) {
      const asked = String(scope).replace(/\/?\.default$/, '');
      audiences.push(asked);
      const token = await new SignJWT({ oid: 'an-application' })
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .setIssuer(issuer)
        .setAudience(audience ?? asked)
        .setExpirationTime('1h')
        .sign(signWith);
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  });
  const byKey = new CosmosClient({ endpoint, key: account.key, agent });
  const { database } = await byKey.databases.create({ id: 'd' });
  await database.containers.create({ id: 'c', partitionKey: { paths: ['/p'] } });

  const client = new CosmosClient({
    endpoint,
    aadCredentials: credential(privateKey),
    agent,
    consistencyLevel: 'Session',
  });
  const container = client.database('d').container('c');
  await container.items.create({ id: '1', p: 'a' });
  assert.equal((await container.item('1', 'a').read()).statusCode, 200);
  assert.deepEqual((await container.items.query('SELECT VALUE c.id FROM c').fetchAll()).resources, ['1']);
  assert.ok(audiences.some((audience) => audience.startsWith('https://localhost')));
  assert.equal(await statusOf(client.databases.create({ id: 'other' })), '403/5300');
  assert.equal(await statusOf(container.delete()), '403/5300');

  const { privateKey: forged } = await generateKeyPair('RS256');
  for (const wrong of [credential(forged), credential(privateKey, 'https://vault.azure.net')]) {
    const stranger = new CosmosClient({ endpoint, aadCredentials: wrong, agent });
    assert.equal((await refusalOf(stranger.database('d').read())).status, 401);
    stranger.dispose();
  }
  for (const one of [client, byKey]) one.dispose();
  agent.destroy();
});

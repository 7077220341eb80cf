import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

/** What is out of the ordinary in a token; claims replace the ordinary ones, undefined leaves one out. */
export interface Forgery {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  issuer?: string;
  audience?: string;
  /** Seconds since 1970; null: none. */
  expires?: number | null;
  notBefore?: number;
  key?: SigningKey | Uint8Array;
}

/** An OpenID Connect issuer over loopback, as far as whoever checks its tokens can tell. */
export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  /** The client that its tokens are for unless they say otherwise: Wardline's own. */
  readonly client: string;
  readonly published: readonly JWK[];
  /** Answers 500 to everything. */
  down: boolean;
  /** How often its keys were asked for. */
  readonly keysAsked: number;
  /** Publishes a further key. */
  publish(kid: string): Promise<SigningKey>;
  /** An Authorization header; a nurse of J09 in RR8 unless changed. */
  bearer(forgery?: Forgery): Promise<string>;
  close(): void;
}

export const nurseClaims = {
  oid: 'a-nurse',
  name: 'Ada Okafor',
  roles: ['nurse'],
  ods: 'RR8',
  groups: ['RR8-J09-nursing'],
  idtyp: 'user',
  client_id: 'wardline-web',
};

export async function startIssuer(): Promise<Issuer> {
  const published: JWK[] = [];
  const state = { down: false, keysAsked: 0, issuer: '' };
  const server = createServer((request, response) => {
    if (request.url === '/keys') state.keysAsked += 1;
    const { issuer } = state;
    const body =
      request.url === '/keys'
        ? { keys: published }
        : {
            issuer,
            jwks_uri: `${issuer}/keys`,
            authorization_endpoint: `${issuer}/authorize`,
            token_endpoint: `${issuer}/token`,
            response_types_supported: ['code', 'id_token'],
            code_challenge_methods_supported: ['S256', 'plain'],
            capabilities: ['launch-standalone'],
          };
    response.writeHead(state.down ? 500 : 200).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publish = async (kid: string): Promise<SigningKey> => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    published.push({ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' });
    return privateKey;
  };
  const key = await publish('one');
  const audience = 'api://wardline';
  return Object.assign(state, {
    audience,
    client: nurseClaims.client_id,
    published,
    publish,
    async bearer(forgery: Forgery = {}) {
      const jwt = new SignJWT({ ...nurseClaims, ...forgery.claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'one', ...forgery.header })
        .setIssuer(forgery.issuer ?? state.issuer)
        .setAudience(forgery.audience ?? audience);
      if (forgery.expires !== null) jwt.setExpirationTime(forgery.expires ?? Math.floor(Date.now() / 1000) + 600);
      if (forgery.notBefore !== undefined) jwt.setNotBefore(forgery.notBefore);
      return `Bearer ${await jwt.sign(forgery.key ?? key, { crit: { extension: true } })}`;
    },
    close: () => server.close(),
  });
}

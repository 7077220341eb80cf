import { type EntraTokenError, entraTokenVerifier } from '../../entra-token.ts';
import { entityPath } from '../entities/entity-path.ts';
import { checkSas, type Granted } from './sas.ts';

export type TokenCheck = (token: string, audience: string) => Promise<Granted | { readonly refusal: string }>;

/**
 * Checks a shared access signature or an Entra token, for the entity that it is presented for.
 * @param options.issuer the identity provider whose tokens are taken beside the key; undefined: none are
 * @param options.now milliseconds since 1970
 */
export function tokenCheck(options: { key: string; issuer: string | undefined; now: () => number }): TokenCheck {
  const { issuer, key, now } = options;
  const verify =
    issuer === undefined ? undefined : entraTokenVerifier({ issuer, audiences: ['https://servicebus.azure.net'] });
  const checkEntra = async (token: string): ReturnType<TokenCheck> => {
    if (verify === undefined) return { refusal: 'InvalidToken: this namespace takes shared access signatures only.' };
    try {
      return { path: '', until: (await verify(token)).expires * 1000 };
    } catch (error) {
      return { refusal: `InvalidToken: ${(error as EntraTokenError).message}` };
    }
  };
  return async (token, audience) => {
    const isSas = token.startsWith('SharedAccessSignature ');
    const checked = isSas ? checkSas(token, key, now()) : await checkEntra(token);
    if ('refusal' in checked) return checked;
    const wanted = entityPath(audience).replace(/\/$/, '');
    const covers = checked.path === '' || wanted === checked.path || wanted.startsWith(`${checked.path}/`);
    return covers ? checked : { refusal: `InvalidAudience: the token is for another entity than '${wanted}'.` };
  };
}

import { entityPath } from '../entities/entity-path.ts';
import { entraTokenCheck } from './entra-token.ts';
import { checkSas, type Granted } from './sas.ts';

export type TokenCheck = (token: string, audience: string) => Promise<Granted | { readonly refusal: string }>;

/**
 * Checks a shared access signature or, with `jwks`, an Entra token, for the entity that it is presented for.
 * @param now milliseconds since 1970
 */
export function tokenCheck(options: { key: string; jwks: string | undefined; now: () => number }): TokenCheck {
  const checkEntra = entraTokenCheck(options.jwks);
  return async (token, audience) => {
    const checked = token.startsWith('SharedAccessSignature ')
      ? checkSas(token, options.key, options.now())
      : await checkEntra(token);
    if ('refusal' in checked) return checked;
    const wanted = entityPath(audience).replace(/\/$/, '');
    const covers = checked.path === '' || wanted === checked.path || wanted.startsWith(`${checked.path}/`);
    return covers ? checked : { refusal: `InvalidAudience: the token is for another entity than '${wanted}'.` };
  };
}

import { randomUUID } from 'node:crypto';
import { type Adapter, type ClientMetadata, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isResourceScope, problemOf, type SmartApp, type SmartOptions } from './smart-app.ts';
import type { LocalUser } from './users.ts';

/** What a token is for beside its user: the patient of the launch. */
export interface LaunchContext {
  readonly patient: string;
}

/** Seconds: between the click that launches an app and its sign-in. */
const launchLifetime = 300;
/** Name of the prompt, and of its result. */
const choosePatient = 'choose_patient';
const patientId = /^[A-Za-z0-9.-]{1,64}$/;

type Find = (user: string | undefined) => LocalUser | undefined;

/** SMART App Launch 2.2 on top of OpenID Connect: scopes for resources, and the patient that an app is launched with. */
export class SmartLaunch {
  readonly #options: SmartOptions;
  readonly #contexts: Adapter;
  readonly #launches: Adapter;
  readonly #find: Find;

  constructor(options: SmartOptions, adapter: (model: string) => Adapter, find: Find) {
    this.#options = options;
    this.#contexts = adapter('LaunchContext');
    this.#launches = adapter('Launch');
    this.#find = find;
  }

  app(id: string | undefined): SmartApp | undefined {
    return this.#options.apps.find((one) => one.id === id);
  }

  /** The user whose claims a backend service's tokens carry. */
  systemOf(id: string | undefined): LocalUser | undefined {
    return this.#find(this.#options.services?.find((one) => one.id === id)?.user);
  }

  get clients(): ClientMetadata[] {
    const services = (this.#options.services ?? []).map(({ id, jwks }) => ({
      client_id: id,
      token_endpoint_auth_method: 'private_key_jwt' as const,
      jwks: jwks as never,
      redirect_uris: [],
      grant_types: ['client_credentials'],
      response_types: [],
    }));
    const apps = this.#options.apps.map(({ id, redirectUris }) => ({
      client_id: id,
      token_endpoint_auth_method: 'none' as const,
      redirect_uris: [...redirectUris],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code' as const],
      application_type: redirectUris.every((one) => /^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(one))
        ? ('native' as const)
        : ('web' as const),
    }));
    return [...apps, ...services];
  }

  /** The parameters of SMART App Launch; `aud` names the FHIR server, so that no other one is sent the token. */
  get extraParams(): Record<string, (context: KoaContextWithOIDC, value: string | undefined) => void> {
    return {
      aud: (context, value) => {
        if (this.app(context.oidc.client?.clientId) === undefined) return;
        if (value === undefined || !this.#options.audiences.includes(value.replace(/\/$/, '')))
          throw new errors.InvalidRequest(`aud is one of ${this.#options.audiences.join(', ')}`);
      },
      launch: (context, value) => {
        const scopes = asked(context);
        if (scopes.includes('launch') !== (value !== undefined))
          throw new errors.InvalidRequest('the scope launch and the parameter launch go together');
      },
    };
  }

  /** Scopes for resources that the request asks for. @throws InvalidScope */
  resourceScopes(context: KoaContextWithOIDC): string[] {
    const scopes = asked(context);
    const launched = scopes.includes('launch') || scopes.includes('launch/patient');
    const service = this.systemOf(context.oidc.client?.clientId) !== undefined;
    const problem = problemOf(scopes, { launched, service });
    if (problem !== undefined) throw new errors.InvalidScope(problem.detail, problem.scope);
    return scopes.filter((one) => isResourceScope(one) || /^launch(\/patient)?$/.test(one));
  }

  /** Asks whoever signed in for a patient, where an app wants one and none is known. */
  get policy(): interactionPolicy.DefaultPolicy {
    const { base, Check, Prompt } = interactionPolicy;
    const policy = base();
    // Whoever signs in on this machine consents, to apps on it too.
    policy.get('consent')?.checks.remove('native_client_prompt');
    policy.add(
      new Prompt(
        { name: choosePatient, requestable: false },
        new Check('patient_missing', 'a patient has to be chosen', 'interaction_required', (context) => {
          const { oidc } = context;
          const known = oidc.params?.['launch'] !== undefined || this.#chosen(context) !== undefined;
          return asked(context).includes('launch/patient') && !known ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
        }),
      ),
    );
    return policy;
  }

  /** Keeps the patient of a launch for the tokens of a grant. @throws InvalidRequest for a launch that is none of the user's */
  async keep(context: KoaContextWithOIDC, grantId: string): Promise<void> {
    const launch = context.oidc.params?.['launch'];
    let patient = asked(context).includes('launch/patient') ? this.#chosen(context) : undefined;
    if (typeof launch === 'string') {
      const found = await this.#launches.find(launch);
      if (found === undefined || found['user'] !== context.oidc.session?.accountId)
        throw new errors.InvalidRequest('launch is not known, has expired, or is of another user');
      patient = String(found['patient']);
    }
    if (patient !== undefined) await this.#contexts.upsert(grantId, { patient }, 24 * 3600);
  }

  /** A launch is good for one sign-in. */
  async used({ oidc }: KoaContextWithOIDC): Promise<void> {
    const launch = oidc.params?.['launch'];
    if (typeof launch === 'string') await this.#launches.destroy(launch);
  }

  async contextOf(grantId: string | undefined): Promise<LaunchContext | undefined> {
    const found = grantId === undefined ? undefined : await this.#contexts.find(grantId);
    return typeof found?.['patient'] === 'string' ? { patient: found['patient'] } : undefined;
  }

  /** Begins a launch from within the health record: who launches, and with which patient; a patient with nobody else. */
  async begin(user: string, patient: unknown): Promise<{ launch: string; expires_in: number } | undefined> {
    if (typeof patient !== 'string' || !patientId.test(patient)) return undefined;
    const own = this.#find(user)?.patient;
    if (own !== undefined && own !== patient) return undefined;
    const launch = randomUUID();
    await this.#launches.upsert(launch, { user, patient } as never, launchLifetime);
    return { launch, expires_in: launchLifetime };
  }

  /** A patient is the patient; others chose one. */
  #chosen({ oidc }: KoaContextWithOIDC): string | undefined {
    const own = this.#find(oidc.session?.accountId)?.patient;
    const chosen = Object(oidc.result?.[choosePatient])['patient'];
    return own ?? (typeof chosen === 'string' && patientId.test(chosen) ? chosen : undefined);
  }
}

/** Scopes of the request, or, where tokens are fetched, of what it led to. */
function asked({ oidc }: KoaContextWithOIDC): string[] {
  const { params, entities } = oidc;
  const scope = params?.['scope'] ?? entities.AuthorizationCode?.scope ?? entities.RefreshToken?.scope;
  return typeof scope === 'string' ? scope.split(' ') : [];
}

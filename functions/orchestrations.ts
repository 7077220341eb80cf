import type { AuthorisedRequest, GuardedRoute, Reply } from '../shared/http.ts';

/** An orchestration as its starter sees it. */
export interface OrchestrationStatus {
  readonly state: 'running' | 'suspended' | 'completed' | 'failed';
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly input: unknown;
  readonly customStatus: unknown;
}

/** Starts orchestrations and asks after them. */
export interface Orchestrations {
  /**
   * @param id one orchestration at a time has it
   * @returns false: one runs already
   * @throws WardlineError `unavailable`
   */
  start(name: string, id: string, input: unknown): Promise<boolean>;
  /** @returns undefined when there never was one. @throws WardlineError `unavailable` */
  status(id: string): Promise<OrchestrationStatus | undefined>;
}

/** A route that starts orchestrations or asks after them. */
export type OrchestrationRoute = Omit<GuardedRoute, 'handler'> & {
  handler(request: AuthorisedRequest, orchestrations: Orchestrations): Promise<Reply>;
};

/** The route for one request, whose binding brought the client. */
export const withOrchestrations = (route: OrchestrationRoute, orchestrations: Orchestrations): GuardedRoute => ({
  ...route,
  handler: (request) => route.handler(request, orchestrations),
});

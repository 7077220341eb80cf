import type { Call, Clock, Ods } from '../context.ts';

/** Wardline's own work on the boards: it reads as the trust's integration does, for one trust. */
export const boardsCall = (clock: Clock, trust: Ods): Call => ({
  requestId: 'rebuild-boards',
  traceparent: '',
  actor: {
    kind: 'system',
    id: 'wardline-boards',
    displayName: 'Wardline',
    role: 'integration',
    trust,
    teams: [`${trust}-integration`],
  },
  receivedAt: clock.now(),
  policy: 'record:search',
});

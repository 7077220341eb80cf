/**
 * Every line that Wardline logs, in one place: what it says, how loud, and the id that alerts and dashboards use.
 * Nothing logged holds patient data; attributes are ids, counts and codes.
 */
export const logLines = {
  'unexpected-error': { id: 100, level: 'error', text: 'A request failed in a way nobody foresaw' },
} as const satisfies Record<string, { id: number; level: 'information' | 'warning' | 'error'; text: string }>;

export type LogName = string;

export const lineOf = (name: LogName): { id: number; level: string; text: string } =>
  (logLines as Record<string, { id: number; level: string; text: string }>)[name] ?? {
    id: 0,
    level: 'information',
    text: name,
  };

/** Levels of the Functions runtime, the least important first; `none` is never written. */
const levels = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const;
export type LogLevel = (typeof levels)[number];

/**
 * Writes a line under a category (`Host.Startup`, `Function.NAME`, `Function.NAME.User`), when host.json lets it through.
 * Neither bodies nor parameters nor messages of errors are ever passed to it: they may hold people's data.
 */
export type Log = (level: LogLevel, category: string, message: string) => void;

/** @param thresholds `logging.logLevel` of host.json; the longest category that matches decides. */
export function createLog(thresholds: Readonly<Record<string, LogLevel>>, write: (line: string) => void): Log {
  const known = new Map<string, number>();
  const thresholdOf = (category: string): number => {
    const kept = known.get(category);
    if (kept !== undefined) return kept;
    const best = Object.keys(thresholds)
      .filter((name) => category === name || category.startsWith(`${name}.`))
      .sort((a, b) => b.length - a.length)[0];
    const level = levels.indexOf(thresholds[best ?? 'default'] ?? 'information');
    known.set(category, level);
    return level;
  };
  return (level, category, message) => {
    if (level === 'none' || levels.indexOf(level) < thresholdOf(category)) return;
    const name = /^Function\.([^.]+)/.exec(category)?.[1];
    write(`${level}: ${name === undefined ? '' : `${name}: `}${message}`);
  };
}

/** @returns undefined when the text names no level. */
export const toLogLevel = (text: string): LogLevel | undefined => levels.find((level) => level === text.toLowerCase());

/**
 * What may be told of an error: its name, its code, and where in the app it was thrown, never its message, which may
 * quote what the function was working on.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'a value that is no Error';
  const code = 'code' in error && /^[\w.-]{1,60}$/.test(String(error.code)) ? ` (${String(error.code)})` : '';
  const frame = error.stack
    ?.split('\n')
    .find((line) => /^\s+at /.test(line) && !/node:|node_modules|\/local\/functions\/[^/]+\.ts/.test(line))
    ?.trim()
    .replace('file://', '');
  return `${error.name}${code}${frame === undefined ? '' : ` ${frame}`}`;
}

/** What the service takes for "without end": .NET's TimeSpan.MaxValue. */
export const longestDuration = 'P10675199DT2H48M5.4775807S';

/**
 * An ISO 8601 duration of days and smaller in milliseconds; the longest that the service knows is infinite.
 * @throws Error naming the text that is no duration
 */
export function duration(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (match === null || text === 'P' || text.endsWith('T'))
    throw new Error(`"${text}" is no ISO 8601 duration of days, hours, minutes and seconds, such as PT1M.`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  if (days >= 10_675_199) return Number.POSITIVE_INFINITY;
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

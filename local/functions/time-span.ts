const day = 86_400_000;

/**
 * A .NET time span in milliseconds (https://learn.microsoft.com/dotnet/api/system.timespan.parse): `d`, `hh:mm`,
 * `hh:mm:ss[.fffffff]`, `d.hh:mm[:ss[.fffffff]]`, `d:hh:mm:ss`. As in .NET, hours above 23 in `hh:mm:ss` are days:
 * `24:00:00` is 24 days. @returns undefined when the text is none of these
 */
export function parseTimeSpan(text: string): number | undefined {
  const match =
    /^(-)?(?:(\d+)|(?:(\d+)[.:](?=\d+:\d+:))?(\d+):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?|(\d+)\.(\d+):(\d{1,2}))$/.exec(
      text.trim(),
    );
  if (match === null) return undefined;
  const [, minus, days, daysBefore, first, second, third, fraction, dottedDays, dottedHours, dottedMinutes] = match;
  const sign = minus === undefined ? 1 : -1;
  if (days !== undefined) return sign * Number(days) * day;
  if (dottedDays !== undefined) return combine(sign, dottedDays, dottedHours, dottedMinutes, '0', undefined);
  // "24:00:00" has no valid hour, so .NET reads it as days, hours, minutes.
  if (daysBefore === undefined && Number(first) > 23 && third !== undefined && fraction === undefined)
    return combine(sign, first, second, third, '0', undefined);
  return combine(sign, daysBefore ?? '0', first, second, third ?? '0', fraction);
}

function combine(
  sign: number,
  days: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
  seconds: string,
  fraction: string | undefined,
): number | undefined {
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const whole = Number(days) * day + Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000;
  return sign * (whole + Math.round(Number(`0.${fraction ?? '0'}`) * 1_000));
}

import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from '../errors.ts';
import { checkedThroughput, type Throughput } from '../offers.ts';
import { header } from './request.ts';

/** The throughput that a new database or container shall have; undefined when the request names none. */
export function offerOfRequest(headers: IncomingHttpHeaders): Throughput | undefined {
  const manual = header(headers, 'x-ms-offer-throughput');
  const autoscale = header(headers, 'x-ms-cosmos-offer-autopilot-settings');
  if (manual !== undefined && autoscale !== undefined)
    throw badRequest('A resource has either a fixed throughput or an autoscale maximum, not both.');
  if (manual !== undefined) return checkedThroughput({ manual: Number(manual) });
  if (autoscale === undefined) return undefined;
  const maximum: unknown = /"maxThroughput"\s*:\s*(\d+)/i.exec(autoscale)?.[1];
  return checkedThroughput({ autoscaleMaximum: Number(maximum) });
}

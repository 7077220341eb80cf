import { tooLarge } from '../errors.ts';
import type { CosmosRequest } from './request.ts';

/** Published limit of a request; an item, with the properties that the service adds, may have as much. */
export const maximumRequest = 2 * 1024 * 1024;

/** @throws CosmosError 413. */
export function checkRequestSize({ body }: CosmosRequest): void {
  if (body.length > maximumRequest) throw tooLarge();
}

import { parseSearch, type SearchQuery } from '../../shared/fhir/index.ts';

/** A search as a client would send it. */
export const searchFor = (type: string, parameters: Record<string, string>): SearchQuery =>
  parseSearch(type, new URLSearchParams(parameters));

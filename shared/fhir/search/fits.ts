import { dateFits, numberFits } from './compare.ts';
import { distance } from './distance.ts';
import { withoutVersion } from './index-terms.ts';
import { fold, type QuantityEntry, type SearchEntry } from './search-entry.ts';
import type { Wanted } from './search-query.ts';
import { convertUnit, ucumSystem } from './unit-conversion.ts';

/** Whether one value of a resource is one wanted value. */
export function fits(entry: SearchEntry, wanted: Wanted): boolean {
  switch (wanted.kind) {
    case 'token':
      return (
        entry.kind === 'token' &&
        (wanted.code === undefined || entry.code === wanted.code) &&
        (wanted.system === undefined || (entry.system ?? '') === wanted.system)
      );
    case 'token-text':
      return entry.kind === 'token' && entry.text !== undefined && begins(entry.text, wanted.value);
    case 'of-type':
      return (
        entry.kind === 'token' &&
        entry.code === wanted.value &&
        (entry.ofType ?? []).some(({ system = '', code }) => system === wanted.system && code === wanted.code)
      );
    case 'reference':
      return entry.kind === 'reference' && entry.target !== undefined && referenceFits(entry, entry.target, wanted);
    case 'identifier': {
      const { code, system = '' } = (entry.kind === 'reference' ? entry.identifier : undefined) ?? {};
      return (
        code !== undefined &&
        (wanted.code === undefined || code === wanted.code) &&
        (wanted.system === undefined || system === wanted.system)
      );
    }
    case 'string':
      return entry.kind === 'string' && stringFits(entry.value, wanted);
    case 'uri':
      return entry.kind === 'uri' && uriFits(entry.value, wanted);
    case 'date':
      return entry.kind === 'date' && dateFits(entry, wanted.prefix, wanted.range);
    case 'number':
      return entry.kind === 'number' && numberFits(entry, wanted);
    case 'quantity':
      return entry.kind === 'quantity' && quantityFits(entry, wanted);
    case 'near':
      return entry.kind === 'position' && distance(entry, wanted) <= wanted.kilometres;
    case 'composite':
    case 'id':
      return false;
  }
}

function referenceFits(
  { version }: { version?: string },
  target: string,
  wanted: Extract<Wanted, { kind: 'reference' }>,
): boolean {
  const { address } = wanted;
  if (address !== undefined && (target === address || withoutVersion(target) === address)) return true;
  if (wanted.version !== undefined && wanted.version !== version) return false;
  return target === wanted.target || (!wanted.target.includes('/') && target.endsWith(`/${wanted.target}`));
}

/** A text is found by its beginning and by that of each of its words. */
function begins(text: string, folded: string): boolean {
  const own = fold(text);
  return own.startsWith(folded) || own.split(/\s+/).some((word) => word.startsWith(folded));
}

function stringFits(text: string, { value, how }: Extract<Wanted, { kind: 'string' }>): boolean {
  if (how === 'exact') return text === value;
  return how === 'contains' ? fold(text).includes(value) : begins(text, value);
}

/** http://hl7.org/fhir/R4/search.html#uri: `below` what begins so, `above` what it begins with, by whole segments. */
function uriFits(uri: string, { value, how }: Extract<Wanted, { kind: 'uri' }>): boolean {
  if (uri === value) return true;
  if (how === 'exact') return false;
  const [long, short] = how === 'below' ? [uri, value] : [value, uri];
  return long.startsWith(short) && (/[/:.]$/.test(short) || /^[/:.#?]/.test(long.slice(short.length)));
}

/** Units that are written differently are converted where both are UCUM's. */
function quantityFits(entry: QuantityEntry, wanted: Extract<Wanted, { kind: 'quantity' }>): boolean {
  const { system, unit } = wanted;
  if (unit === undefined) return (system === undefined || system === entry.system) && numberFits(entry, wanted);
  const same = system === undefined || system === entry.system;
  // Some give the code where only people should read it.
  const own = entry.code ?? entry.unit;
  if (same && (own === unit || (system === undefined && entry.unit === unit))) return numberFits(entry, wanted);
  if (entry.system !== ucumSystem || own === undefined || (system !== undefined && system !== ucumSystem)) return false;
  const [exact, low, high] = [wanted.exact, wanted.low, wanted.high].map((amount) => convertUnit(amount, unit, own));
  if (exact === undefined || low === undefined || high === undefined) return false;
  return numberFits(entry, { prefix: wanted.prefix, exact, low, high });
}

import { dateRange } from '../date-range.ts';
import { isFhirId } from '../fhir-id.ts';

interface Format {
  readonly test: (value: string) => boolean;
  readonly allowed: string;
}

const uri: Format = { test: (value) => !/\s/.test(value), allowed: 'a URI without spaces' };
const text: Format = {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these characters are not allowed
  test: (value) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(value),
  allowed: 'text without control characters',
};
const date = /^\d{4}(-\d{2}(-\d{2})?)?$/;
const moment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))$/;
/** A leap second is legal and no other 60 is; JavaScript knows none. */
const exists = (value: string): boolean =>
  dateRange(value.replace(/:60/, ':59')) !== undefined && !value.startsWith('0000');

/** Formats of the primitive types that are strings in JSON (http://hl7.org/fhir/R4/datatypes.html#primitive). */
const formats: Readonly<Record<string, Format>> = {
  base64Binary: {
    test: (value) => {
      const plain = value.replace(/\s/g, '');
      return plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain);
    },
    allowed: 'base64 (RFC 4648 section 4)',
  },
  canonical: uri,
  code: {
    test: (value) => /^[^\s]+( [^\s]+)*$/.test(value),
    allowed: 'a code: no spaces around it, single ones within',
  },
  date: {
    test: (value) => date.test(value) && exists(value),
    allowed: 'a date that exists: YYYY, YYYY-MM or YYYY-MM-DD',
  },
  dateTime: {
    test: (value) => (date.test(value) || moment.test(value)) && exists(value),
    allowed: 'a date that exists, or YYYY-MM-DDThh:mm:ss with a zone (Z or +hh:mm)',
  },
  id: { test: isFhirId, allowed: 'an id: 1 to 64 of A-Z a-z 0-9 - .' },
  instant: {
    test: (value) => moment.test(value) && exists(value),
    allowed: 'YYYY-MM-DDThh:mm:ss with a zone (Z or +hh:mm)',
  },
  markdown: text,
  oid: { test: (value) => /^urn:oid:[0-2](\.(0|[1-9]\d*))+$/.test(value), allowed: 'urn:oid: with dotted numbers' },
  string: text,
  time: { test: (value) => /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?$/.test(value), allowed: 'a time hh:mm:ss' },
  uri,
  url: uri,
  uuid: {
    test: (value) => /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
    allowed: 'urn:uuid: with a UUID',
  },
};

const largest = 2 ** 31 - 1;
const smallest: Readonly<Record<string, number>> = { integer: -(2 ** 31), unsignedInt: 0, positiveInt: 1 };

/** What a primitive value of a type should be, if it is not. The empty text is told by the rule of emptiness. */
export function checkPrimitive(type: string, value: unknown): string | undefined {
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false';
  if (type === 'decimal') return typeof value === 'number' ? undefined : 'a number';
  const least = smallest[type];
  if (least !== undefined)
    return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= largest
      ? undefined
      : `a whole number from ${least} to ${largest}`;
  const { test, allowed } = formats[type] ?? text;
  return typeof value === 'string' && (value === '' || test(value)) ? undefined : allowed;
}

/** Whether the value of a route parameter fits. */
export type Constraint = (value: string) => boolean;

const int = /^[+-]?\d+$/;
const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

const simple: Readonly<Record<string, Constraint>> = {
  int: (value) => int.test(value) && inRange(value, -(2n ** 31n), 2n ** 31n - 1n),
  long: (value) => int.test(value) && inRange(value, -(2n ** 63n), 2n ** 63n - 1n),
  decimal: (value) => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(value),
  double: (value) => number.test(value),
  float: (value) => number.test(value),
  alpha: (value) => /^[A-Za-z]*$/.test(value),
  bool: (value) => /^(true|false)$/i.test(value),
  guid: (value) => /^[{(]?[0-9a-f]{8}(-?)([0-9a-f]{4}\1){3}[0-9a-f]{12}[)}]?$/i.test(value),
  datetime: (value) => /\d/.test(value) && !Number.isNaN(Date.parse(value)),
  required: (value) => value !== '',
};

/**
 * Reads one constraint of a route parameter (https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints).
 * @returns undefined when there is none of that name, or its arguments are wrong
 */
export function parseConstraint(text: string): Constraint | undefined {
  const match = /^(\w+)(?:\((.*)\))?$/s.exec(text);
  if (match === null) return undefined;
  const [, name = '', inner] = match;
  if (inner === undefined) return simple[name.toLowerCase()];
  if (name.toLowerCase() === 'regex') return regular(inner);
  const [first, second, ...more] = inner.split(',').map((argument) => Number(argument));
  if (first === undefined || Number.isNaN(first) || Number.isNaN(second ?? 0) || more.length > 0) return undefined;
  return withNumbers(name.toLowerCase(), first, second);
}

function withNumbers(name: string, first: number, second: number | undefined): Constraint | undefined {
  if (second === undefined) {
    switch (name) {
      case 'length':
        return (value) => value.length === first;
      case 'minlength':
        return (value) => value.length >= first;
      case 'maxlength':
        return (value) => value.length <= first;
      case 'min':
        return (value) => int.test(value) && Number(value) >= first;
      case 'max':
        return (value) => int.test(value) && Number(value) <= first;
      default:
        return undefined;
    }
  }
  if (name === 'length') return (value) => value.length >= first && value.length <= second;
  if (name === 'range') return (value) => int.test(value) && Number(value) >= first && Number(value) <= second;
  return undefined;
}

/** In a template, braces and brackets of a regular expression are doubled. */
function regular(text: string): Constraint | undefined {
  try {
    const pattern = new RegExp(
      text.replaceAll('{{', '{').replaceAll('}}', '}').replaceAll('[[', '[').replaceAll(']]', ']'),
      'i',
    );
    return (value) => pattern.test(value);
  } catch {
    return undefined;
  }
}

const inRange = (value: string, low: bigint, high: bigint): boolean => {
  const parsed = BigInt(value.replace('+', ''));
  return parsed >= low && parsed <= high;
};

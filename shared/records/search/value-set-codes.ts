import { WardlineError } from '../../errors.ts';
import type { Criterion, FhirResource } from '../../fhir/index.ts';
import { linkedAtMost } from './too-costly.ts';

interface ValueSetLike {
  readonly compose?: {
    readonly include?: readonly Include[];
    readonly exclude?: readonly unknown[];
  };
  readonly expansion?: { readonly contains?: readonly Contains[]; readonly total?: number };
}
interface Include {
  readonly system?: string;
  readonly concept?: readonly { readonly code?: string }[];
  readonly filter?: readonly unknown[];
  readonly valueSet?: readonly unknown[];
}
interface Contains {
  readonly system?: string;
  readonly code?: string;
  readonly abstract?: boolean;
  readonly contains?: readonly Contains[];
}

/**
 * The codes of a small ValueSet: those it lists or expands to, and all of a system that it includes as a whole.
 * @throws WardlineError `not-supported` for one that only a terminology server could expand, `too-costly` for a large one
 */
export function valueSetCodes(resource: FhirResource): Criterion['anyOf'] {
  const { compose, expansion } = resource as ValueSetLike;
  const codes = expansion?.contains === undefined ? composed(compose) : expanded(expansion.contains);
  if (codes.length > linkedAtMost)
    throw new WardlineError('too-costly', `The ValueSet has more than ${linkedAtMost} codes: search by fewer.`, {
      expression: 'ValueSet',
    });
  return codes;
}

function composed(compose: ValueSetLike['compose']): Criterion['anyOf'] {
  const { include = [], exclude = [] } = compose ?? {};
  if (exclude.length > 0 || include.some(({ filter, valueSet }) => filter !== undefined || valueSet !== undefined))
    throw new WardlineError(
      'not-supported',
      'Only a ValueSet that lists its codes, or has an expansion, can be searched by.',
      { expression: 'ValueSet.compose' },
    );
  return include.flatMap(({ system = '', concept }) =>
    concept === undefined
      ? [{ kind: 'token' as const, system }]
      : concept.flatMap(({ code }) => (code === undefined ? [] : [{ kind: 'token' as const, system, code }])),
  );
}

const expanded = (contains: readonly Contains[]): Criterion['anyOf'] =>
  contains.flatMap(({ system = '', code, abstract, contains: inner = [] }) => [
    ...(code === undefined || abstract === true ? [] : [{ kind: 'token' as const, system, code }]),
    ...expanded(inner),
  ]);

import type { Json } from '../json.ts';
import type { Expression } from '../sql/ast.ts';

/**
 * The value of a literal, a parameter, or a list of such; undefined when the expression is none of them, or
 * when the parameter is missing (which the query tells when it runs).
 */
export function constantOf(
  expression: Expression,
  parameters: ReadonlyMap<string, Json | undefined>,
): { readonly value: Json | undefined } | undefined {
  switch (expression.kind) {
    case 'literal':
      return { value: expression.value };
    case 'parameter':
      return parameters.has(expression.name) ? { value: parameters.get(expression.name) } : undefined;
    case 'unary': {
      const operand = expression.operator === '-' ? constantOf(expression.operand, parameters)?.value : undefined;
      return typeof operand === 'number' ? { value: -operand } : undefined;
    }
    case 'list': {
      const items: Json[] = [];
      for (const item of expression.items) {
        const constant = constantOf(item, parameters);
        if (constant === undefined) return undefined;
        if (constant.value !== undefined) items.push(constant.value);
      }
      return { value: items };
    }
    default:
      return undefined;
  }
}

import { isAggregateName } from './aggregates.ts';
import type { Expression } from './ast.ts';

/** Whether an aggregate stands in an expression, outside of its subqueries. */
export function mentionsAggregate(expression: Expression): boolean {
  switch (expression.kind) {
    case 'call':
      return isAggregateName(expression.name) || expression.parameters.some(mentionsAggregate);
    case 'udf':
      return expression.parameters.some(mentionsAggregate);
    case 'binary':
      return mentionsAggregate(expression.left) || mentionsAggregate(expression.right);
    case 'and':
    case 'or':
      return expression.operands.some(mentionsAggregate);
    case 'unary':
      return mentionsAggregate(expression.operand);
    case 'conditional':
      return [expression.test, expression.then, expression.otherwise].some(mentionsAggregate);
    case 'in':
      return [expression.operand, ...expression.list].some(mentionsAggregate);
    case 'between':
      return [expression.operand, expression.low, expression.high].some(mentionsAggregate);
    case 'like':
      return [expression.operand, expression.pattern].some(mentionsAggregate);
    case 'object':
      return expression.entries.some(([, value]) => mentionsAggregate(value));
    case 'list':
      return expression.items.some(mentionsAggregate);
    case 'property':
      return mentionsAggregate(expression.of) || mentionsAggregate(expression.key);
    default:
      return false;
  }
}

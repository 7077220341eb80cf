/** One span as the telemetry sink keeps it. Times in milliseconds. */
export interface TraceSpan {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly start: number;
  readonly duration: number;
  readonly success: boolean;
}

/**
 * Draws a trace as a tree: children under what they continue, in order of time, with the offset from the beginning and
 * the duration. A span whose parent was not recorded stands at the top.
 */
export function drawTrace(spans: readonly TraceSpan[]): string {
  const known = new Set(spans.map(({ id }) => id));
  const begin = Math.min(...spans.map(({ start }) => start));
  const children = Map.groupBy(spans, ({ parentId }) =>
    parentId !== undefined && known.has(parentId) ? parentId : '',
  );
  const lines: string[] = [];
  const draw = (parent: string, indent: string): void => {
    const level = (children.get(parent) ?? []).toSorted((a, b) => a.start - b.start);
    level.forEach((span, index) => {
      const last = index === level.length - 1;
      const branch = indent === '' && parent === '' ? '' : last ? '└─ ' : '├─ ';
      const label = `${indent}${branch}${span.name}${span.success ? '' : ' (failed)'}`;
      lines.push(
        `${label.padEnd(60)} +${(span.start - begin).toFixed(0).padStart(6)} ms ${span.duration.toFixed(1).padStart(8)} ms`,
      );
      draw(span.id, parent === '' ? '  ' : `${indent}${last ? '   ' : '│  '}`);
    });
  };
  draw('', '');
  return lines.join('\n');
}

/** The value at a path of element names; of a list the first item counts. Undefined: it is not there. */
export function elementAt(value: unknown, path: string): unknown {
  let here: unknown = value;
  for (const name of path.split('.')) {
    here = Reflect.get(Object(Array.isArray(here) ? here[0] : here), name);
    if (here === undefined || here === null) return undefined;
  }
  return Array.isArray(here) ? here[0] : here;
}

/** The first of several paths that leads to a text which is not empty. */
export function textAt(value: unknown, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const found = elementAt(value, path);
    if (typeof found === 'string' && found !== '') return found;
  }
  return undefined;
}

/** The items of an element that may repeat. */
export function itemsOf(value: unknown, name: string): readonly unknown[] {
  const found: unknown = Reflect.get(Object(value), name);
  return found === undefined || found === null ? [] : Array.isArray(found) ? found : [found];
}

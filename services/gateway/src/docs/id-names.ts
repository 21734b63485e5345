/** What the parameter of a path stands for: `{id}` after `/expenses` is an `expense_id`; one with a name of its own keeps it. */
export function idNameOf(path: string, parameter: string): string {
  if (parameter !== 'id') return parameter;
  const segments = path.split('/');
  const before = segments[segments.findIndex((segment) => segment.includes(`{${parameter}}`)) - 1] ?? '';
  return `${singularOf(before)}_id`;
}

/** `api-keys` is of an `api_key`. */
export function singularOf(segment: string): string {
  return segment.replaceAll('-', '_').replace(/ies$/, 'y').replace(/s$/, '');
}

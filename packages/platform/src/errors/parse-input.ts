import type { z } from 'zod';
import { type ErrorDetail, invalid } from './domain-error.ts';

/**
 * Parses what came from outside with a zod schema. Throws invalid `validation_failed` with one entry per wrong field,
 * its path written as `items[2].amount`; the code is zod's, such as `too_small`.
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.flatMap(toDetails));
}

type Issue = z.ZodError['issues'][number];

function toDetails(issue: Issue): ErrorDetail[] {
  // An unknown key is an issue of the object around it; the caller wants to hear about the key.
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: toFieldPath([...issue.path, key]),
      code: 'unknown_field',
      message: 'is not known',
    }));
  }
  const code = issue.code === 'custom' && typeof issue.params?.code === 'string' ? issue.params.code : issue.code;
  return [{ field: toFieldPath(issue.path), code, message: issue.message }];
}

function toFieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );
}

import { type ErrorDetail, invalid } from '@outlay/platform';
import type { z } from 'zod';

/** Parses with the schema, or throws `validation_failed` with one detail per wrong field. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value, { error: messageOf, reportInput: true });
  if (parsed.success) return parsed.data;
  throw invalid(detailsOf(parsed.error.issues));
}

/** An answer need not be longer than its request. */
const detailsMax = 50;

/** One entry per field: the first thing that is wrong with it. */
export function detailsOf(issues: readonly z.core.$ZodIssue[]): ErrorDetail[] {
  const details = new Map<string, ErrorDetail>();
  for (const issue of issues) {
    for (const detail of toDetails(issue)) {
      if (!details.has(detail.field)) details.set(detail.field, detail);
    }
  }
  return [...details.values()].slice(0, detailsMax);
}

function toDetails(issue: z.core.$ZodIssue): ErrorDetail[] {
  const field = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: field ? `${field}.${shortened(key)}` : shortened(key),
      code: 'unknown_field',
      message: 'is not a field of this request',
    }));
  }
  return [{ field: field || 'body', code: codeOf(issue), message: issue.message }];
}

/** Stable codes: zod's own, `required`, and what a schema's refinement names in `params.code`. */
function codeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom') return typeof issue.params?.code === 'string' ? issue.params.code : 'invalid';
  return issue.input === undefined ? 'required' : issue.code;
}

/** What a person reads where the schema gives no message of its own. Never repeats the value. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== 'custom') return 'is required';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(String(issue.expected))}`;
    case 'too_small':
      return `must ${bound(issue.origin, 'at least')} ${issue.minimum}${unit(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `must ${bound(issue.origin, 'at most')} ${issue.maximum}${unit(issue.origin, issue.maximum)}`;
    case 'invalid_value':
      return `must be ${(issue.values as unknown[]).length > 1 ? 'one of ' : ''}${(issue.values as unknown[]).join(', ')}`;
    case 'invalid_format':
      return formatMessages[String(issue.format)] ?? 'does not have the right form';
    default:
      return undefined;
  }
}

const formatMessages: Record<string, string> = {
  uuid: 'must be a UUID',
  email: 'must be an e-mail address',
  date: 'must be a date of the calendar as YYYY-MM-DD',
};

function bound(origin: unknown, words: string): string {
  return isSized(origin) ? `have ${words}` : `be ${words}`;
}

function unit(origin: unknown, count: unknown): string {
  const isOne = Number(count) === 1;
  if (origin === 'string') return isOne ? ' character' : ' characters';
  if (origin === 'array') return isOne ? ' entry' : ' entries';
  return '';
}

function isSized(origin: unknown): boolean {
  return origin === 'string' || origin === 'array';
}

function article(expected: string): string {
  const name = { int: 'integer', record: 'object' }[expected] ?? expected;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** `['tags', 2]` reads `tags[2]`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );
}

/** A key of a megabyte must not come back as an answer of a megabyte. */
function shortened(key: string): string {
  return key.length > 64 ? `${key.slice(0, 64)}…` : key;
}

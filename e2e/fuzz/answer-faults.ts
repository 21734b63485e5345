import type { ApiDocument, Operation } from './api-document.ts';
import type { RequestFaults } from './request-faults.ts';
import type { SchemaCheck } from './schema-checks.ts';
import type { WireAnswer } from './send.ts';

/** The most entries that a `validation_failed` has. */
const entriesMax = 50;

/** Codes of entries for what the operation does not know. */
const aboutNoField = new Set(['unknown_field', 'given_twice', 'not_supported']);

/** What is wrong with an answer, by the document and by what its request deserved; empty where all is well. */
export function answerFaults(
  answer: WireAnswer,
  given: RequestFaults,
  operation: Operation,
  document: ApiDocument,
  check: SchemaCheck,
): string[] {
  const { status } = answer;
  const documented = operation.answers[status];
  if (documented === undefined) return [`${status} is not documented: ${answer.text.slice(0, 300)}`];
  // Documented, since they happen; but nothing that a client sends may bring them about.
  if (status >= 500) return [`${status}: ${answer.text.slice(0, 300)}`];
  const accepted = status < 400 ? given.faults.filter((fault) => !isOfRefusedRow(fault, answer.text)) : [];
  if (accepted.length > 0) return [`${status} although ${accepted.join('; ')}`];
  if (documented.content === undefined) return answer.text === '' ? [] : [`${status} has a body`];

  const type = String(answer.headers['content-type']).split(';')[0] ?? '';
  const media = documented.content[type];
  if (media?.schema === undefined) return [`${status} comes as ${type}`];
  if (type === 'text/csv') return [];
  let body: unknown;
  try {
    body = JSON.parse(answer.text);
  } catch {
    return [`${status} is not JSON: ${answer.text.slice(0, 300)}`];
  }
  const faults = check(document.resolve(media.schema), body).map(
    (error) => `${status} is off its schema: ${error.instancePath} ${error.message}`,
  );
  if (faults.length > 0 || status < 400) return faults;
  return problemFaults(
    body as Problem,
    answer,
    given,
    Object.keys(media.examples ?? {}),
    fieldsOf(operation, document),
  );
}

/** Many expenses may be refused row by row: then the answer as a whole is a 200, in which each wrong row is refused. */
function isOfRefusedRow(fault: string, answer: string): boolean {
  const [, index] = /^body\/expenses\/(\d+)[/ ]/.exec(fault) ?? [];
  if (index === undefined) return false;
  const { data } = JSON.parse(answer) as { data?: { status?: string }[] };
  return data?.[Number(index)]?.status === 'refused';
}

interface Problem {
  status: number;
  code: string;
  trace_id: string;
  errors?: { field: string; code: string; message: string }[];
}

/** What an entry may be about: parameters, fields of the body, and the body or the file as a whole. */
function fieldsOf(operation: Operation, document: ApiDocument): Set<string> {
  const schema = document.resolve(operation.body?.['application/json']?.schema ?? {});
  const parameters = operation.parameters.map((parameter) => parameter.name);
  return new Set([...parameters, ...Object.keys(schema.properties ?? {}), operation.body ? 'body' : '', 'file']);
}

function problemFaults(
  problem: Problem,
  answer: WireAnswer,
  given: RequestFaults,
  codes: string[],
  known: Set<string>,
): string[] {
  const { status } = answer;
  const faults: string[] = [];
  if (problem.status !== status) faults.push(`${status} says that it is ${problem.status}`);
  if (!codes.includes(problem.code)) faults.push(`${status} has the undocumented code ${problem.code}`);
  if (problem.trace_id === '') faults.push(`${status} has no trace id`);
  if (status === 401 && answer.headers['www-authenticate'] === undefined) faults.push('401 without WWW-Authenticate');
  if (problem.code !== 'validation_failed') return faults;

  const entries = problem.errors ?? [];
  const fields = entries.map((entry) => entry.field);
  if (entries.length === 0) faults.push('validation_failed names no field');
  const strange = entries.filter(
    ({ field, code }) => !aboutNoField.has(code) && !known.has(field.split(/[.[]/)[0] ?? ''),
  );
  if (strange.length > 0) faults.push(`entries for what is no field: ${strange.map(({ field }) => field).join(', ')}`);
  // A file may lack several columns, each of which has a code of its own.
  const reasons = entries.map(({ field, code }) => `${field} ${code}`);
  if (new Set(reasons).size < reasons.length) faults.push(`the same is said twice: ${reasons.join(', ')}`);
  // What else is wrong, such as in the query, is found first and told alone: the body is not looked at before.
  const isBodyAlone = given.faults.every((fault) => fault.startsWith('body')) && !fields.includes('If-Match');
  if (isBodyAlone && entries.length < entriesMax) {
    const silent = given.fields.filter((field) => !fields.some((named) => named.startsWith(field.slice(0, 64))));
    if (silent.length > 0) faults.push(`no entry for ${silent.join(', ')}, only for ${fields.join(', ')}`);
  }
  return faults;
}

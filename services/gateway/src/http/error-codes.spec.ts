import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { DomainError, type ErrorKind } from '@outlay/platform';
import { parseSync } from '@swc/core';
import { type ErrorCode, errorCodes } from './error-codes.ts';
import { problemOf } from './problem.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Platform's makers of errors whose first argument is the code, with the kind that they make. */
const makers: Record<string, ErrorKind> = {
  notFound: 'not_found',
  conflict: 'conflict',
  preconditionFailed: 'precondition_failed',
  forbidden: 'forbidden',
  unauthenticated: 'unauthenticated',
  rateLimited: 'rate_limited',
  unavailable: 'unavailable',
  deadlineExceeded: 'deadline_exceeded',
};

/** Codes that are thrown and reach no client, with the reason. */
const unseen = new Map([
  ['account_taken', 'how an import ends, which is told by its failure_code'],
  ['cancelled', 'its caller has gone'],
  ['invalid_client', 'said to services alone'],
  ['references_changed', 'the batch of the import is tried again'],
  ['not_serving', 'said to those who ask whether a service is ready'],
]);

/** Files that hand errors on, or make them of what they are given: only there a code may be computed. With what comes of it. */
const handsOn = new Map<string, readonly string[]>([
  ['packages/platform/src/errors/domain-error.ts', []],
  ['packages/platform/src/errors/grpc-status.ts', []],
  ['services/gateway/src/http/mount-routes.ts', []],
  [
    'services/ledger/src/application/reference-errors.ts',
    ['category', 'account', 'project'].map((kind) => `${kind}_not_found`),
  ],
  ['services/tenancy-billing/src/application/register-tenant.ts', []],
]);

interface Thrown {
  kind: ErrorKind;
  /** Undefined where it is computed. */
  code: string | undefined;
  file: string;
}

interface SyntaxNode {
  type: string;
  value?: unknown;
  callee?: SyntaxNode;
  arguments?: { expression: SyntaxNode }[];
  consequent?: SyntaxNode;
  alternate?: SyntaxNode;
}

/** Every error that a file makes. */
function thrownIn(file: string): Thrown[] {
  const thrown: Thrown[] = [];
  const visit = (node: SyntaxNode): void => {
    const made = madeBy(node);
    for (const code of made?.codes ?? []) if (made) thrown.push({ kind: made.kind, code, file });
    for (const child of Object.values(node).flat()) {
      if (child !== null && typeof child === 'object') visit(child as SyntaxNode);
    }
  };
  const { body } = parseSync(readFileSync(root + file, 'utf8'), { syntax: 'typescript', target: 'es2024' });
  for (const node of body) visit(node as unknown as SyntaxNode);
  return thrown;
}

function madeBy(node: SyntaxNode) {
  const { type, callee } = node;
  if (type !== 'CallExpression' && type !== 'NewExpression') return undefined;
  const [first, second] = (node.arguments ?? []).map(({ expression }) => expression);
  const kind = callee?.type === 'Identifier' ? makers[String(callee.value)] : undefined;
  if (type === 'CallExpression' && kind) return { kind, codes: first ? literals(first) : ['deadline_exceeded'] };
  if (type !== 'NewExpression' || callee?.value !== 'DomainError' || !first || !second) return undefined;
  return { kind: first.value as ErrorKind, codes: literals(second) };
}

function literals(expression: SyntaxNode): (string | undefined)[] {
  if (expression.type === 'StringLiteral') return [String(expression.value)];
  const { consequent, alternate } = expression;
  return consequent && alternate ? [...literals(consequent), ...literals(alternate)] : [undefined];
}

const files = globSync('{services,packages}/*/src/**/*.ts', { cwd: root }).filter(
  (file) => !/[.]spec[.]ts$|^packages\/(?:testkit|client)\//.test(file),
);
const thrown = files.flatMap(thrownIn);

describe('The codes of errors that any service throws', () => {
  it('are found', () => {
    expect(files.length).toBeGreaterThan(300);
    expect(thrown.length).toBeGreaterThan(100);
  });

  it('stand in the source as they are, so that they can be looked for', () => {
    expect(thrown.filter(({ code, file }) => code === undefined && !handsOn.has(file))).toEqual([]);
  });

  const known = thrown.filter(({ kind, code }) => code !== undefined && kind !== 'internal' && !unseen.has(code));

  it('are documented', () => {
    const computed = [...handsOn].flatMap(([file, codes]) => codes.map((code) => ({ code, file })));
    const missing = [...known, ...computed].filter(({ code }) => !(code! in errorCodes));
    expect(missing.map(({ code, file }) => `${code} (${file})`)).toEqual([]);
  });

  it('are documented under the status that their kind is answered with', () => {
    const documented = known.filter(({ code }) => code! in errorCodes);
    const wrong = documented.filter(({ kind, code }) => {
      const { status } = problemOf(new DomainError(kind, code!, ''));
      return status !== errorCodes[code as ErrorCode].status;
    });
    expect(wrong).toEqual([]);
  });
});

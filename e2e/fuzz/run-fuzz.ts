import fc from 'fast-check';
import type { SubjectPlatform } from './actors.ts';
import { answerFaults } from './answer-faults.ts';
import { type ApiDocument, type Operation, readApiDocument } from './api-document.ts';
import { faultsOf } from './request-faults.ts';
import { type GeneratedRequest, plainRequest, requestsOf } from './requests.ts';
import { createSchemaCheck, type SchemaCheck } from './schema-checks.ts';
import { createSender, type Sender, type WireRequest } from './send.ts';
import { createSubject, type Subject } from './subject.ts';
import { toCurl } from './to-curl.ts';

/** What was asked of one operation and how it answered. */
export interface OperationResult {
  operation: string;
  requests: number;
  /** How many answers there were of each status. */
  statuses: Record<number, number>;
  /** The smallest request that still fails, and how. */
  failure?: { faults: string; curl: string };
}

interface Run {
  document: ApiDocument;
  check: SchemaCheck;
  sender: Sender;
  subject: Subject;
}

/** Making a failing request smaller takes many requests; this many are enough to read it. */
const shrinksMax = 200;

/** Sends about `requests` requests over all operations. The same seed on a fresh platform sends the same ones. */
export async function runFuzz(options: {
  platform: SubjectPlatform;
  requests: number;
  seed: number;
  /** Only these operations; all where left out. */
  only?: string[];
  onResult?: (result: OperationResult) => void;
}): Promise<OperationResult[]> {
  const { platform, requests, seed, only, onResult } = options;
  const { gatewayUrl } = platform;
  const document = await readApiDocument(gatewayUrl);
  const subject = await createSubject(platform);
  const sender = createSender(gatewayUrl);
  const run = { document, subject, sender, check: createSchemaCheck(document) };
  const weights = document.operations.map(weightOf);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const results: OperationResult[] = [];
  try {
    for (const [index, operation] of inOrder(document.operations)) {
      if (only && !only.includes(operation.id)) continue;
      const share = Math.max(1, Math.round((requests * (weights[index] ?? 0)) / whole));
      const result = await fuzzOperation(run, operation, share, seed + index);
      results.push(result);
      onResult?.(result);
    }
    return results;
  } finally {
    sender.close();
    subject.close();
  }
}

/** Withdrawn keys come last: everybody has to sign in again after each. */
function inOrder(operations: Operation[]): [number, Operation][] {
  const isLast = ({ id }: Operation) => Number(id === 'rotateSigningKeys');
  return [...operations.entries()].toSorted(([, a], [, b]) => isLast(a) - isLast(b));
}

/** The more of an operation can be varied, the more requests it gets. */
function weightOf(operation: Operation): number {
  const isVaried = operation.parameters.some((parameter) => parameter.in !== 'header');
  return 1 + (operation.body ? 3 : 0) + (isVaried ? 1 : 0);
}

async function fuzzOperation(run: Run, operation: Operation, numRuns: number, seed: number): Promise<OperationResult> {
  const { document, subject } = run;
  const result: OperationResult = { operation: operation.id, requests: 0, statuses: {} };
  let failures = 0;
  const property = fc.asyncProperty(requestsOf(operation, document), async (generated) => {
    // Past the bound nothing fails any more, which ends the shrinking.
    if (failures > shrinksMax) return;
    if (failures > 0) failures += 1;
    const request = toWire(generated, subject, result.requests);
    const given = faultsOf(request, operation, document, run.check);
    const answer = await run.sender.send(request);
    result.requests += 1;
    result.statuses[answer.status] = (result.statuses[answer.status] ?? 0) + 1;
    await subject.renew(operation.id, request, answer);
    const faults = answerFaults(answer, given, operation, document, run.check);
    if (faults.length === 0) return;
    failures += 1;
    throw new Error(faults.join('\n'));
  });
  await subject.prepare(operation);
  const outcome = await fc.check(property, { numRuns, seed, examples: [[plainRequest(operation, document)]] });
  if (outcome.failed) {
    const [smallest] = outcome.counterexample ?? [];
    result.failure = {
      faults: String((outcome.errorInstance as Error | null)?.message),
      curl: smallest === undefined ? '' : toCurl(smallest),
    };
  } else if (!Object.keys(result.statuses).some((status) => status < '300')) {
    const curl = toCurl(plainRequest(operation, document));
    result.failure = { faults: 'No request got through: the run says nothing about this operation', curl };
  }
  return result;
}

/** Each comes from an address of its own: what is counted by address is not what the run is about. */
function toWire({ method, path, headers, body }: GeneratedRequest, { fill }: Subject, index: number): WireRequest {
  return {
    method,
    path: fill(path),
    headers: {
      'x-forwarded-for': `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)])),
    },
    ...(body === undefined ? {} : { body: Buffer.from(fill(body), 'latin1') }),
  };
}

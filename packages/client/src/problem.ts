import type { FieldError, Problem, ProblemCode } from '../generated/openapi.ts';
import { retryAfterMsOf } from './retry-after.ts';

/** An answer that is not a success. `code` is for programs, `message` for people, `traceId` leads support to what happened. */
export class OutlayProblem extends Error {
  override readonly name = 'OutlayProblem';
  readonly status: number;
  /** `unexpected_answer` where something other than the platform answered, such as a proxy. */
  readonly code: ProblemCode | 'unexpected_answer' | (string & {});
  readonly title: string;
  /** With `validation_failed`: one entry per field. */
  readonly errors: readonly FieldError[];
  readonly traceId: string | undefined;
  /** How long the platform asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** The whole document, for members that only some problems have. */
  readonly document: Problem | undefined;

  constructor(response: Response, document: Problem | undefined) {
    super(document?.detail ?? `The answer was ${response.status} ${response.statusText}`.trimEnd());
    this.status = response.status;
    this.code = document?.code ?? 'unexpected_answer';
    this.title = document?.title ?? response.statusText;
    this.errors = document?.errors ?? [];
    this.traceId = document?.trace_id;
    this.retryAfterMs = retryAfterMsOf(response);
    this.document = document;
  }
}

/** Reads the problem of an answer, whose body it consumes. */
export async function readProblem(response: Response): Promise<OutlayProblem> {
  return new OutlayProblem(response, await documentOf(response));
}

/** The problem document of an answer, whose body it consumes; undefined where that is something else. */
export async function documentOf(response: Response): Promise<Problem | undefined> {
  const text = await response.text();
  if (!/^application\/(?:problem\+)?json\b/.test(response.headers.get('content-type') ?? '')) return undefined;
  try {
    const document: unknown = JSON.parse(text);
    return isProblem(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}

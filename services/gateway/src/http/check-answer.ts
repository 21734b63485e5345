import type { Logger } from '@outlay/platform';
import type { z } from 'zod';
import type { Answer, Route } from './define-route.ts';

/** `strict`: an answer off its schema is a 500. `log`: it is sent, and logged as an error. `off`: nobody looks. */
export type ResponseCheck = 'strict' | 'log' | 'off';

/** Throws where an answer is off the schema that its route declares: a defect of ours. */
export function assertDeclared(route: Route, answer: Answer): void {
  const places = undeclaredPlaces(route, answer);
  if (places) throw new Error(`${route.operationId} answered ${answer.status} off its schema (${places})`);
}

/**
 * Logs an answer that was off its schema. To be called when it has left. No more than a fiftieth of the time is spent on
 * looking: a page of 50 expenses takes 0.2 ms, so that under full load some answers go unlooked at.
 */
export function reportUndeclared(route: Route, answer: Answer, logger: Logger): void {
  const startedAt = performance.now();
  if (startedAt - budget.since >= 1_000) budget = { since: startedAt, spentMs: 0 };
  if (budget.spentMs > budgetMsPerSecond) return;
  const places = undeclaredPlaces(route, answer);
  budget.spentMs += performance.now() - startedAt;
  if (!places) return;
  logger.error({ operation: route.operationId, status: answer.status, places }, 'answer off its schema');
}

const budgetMsPerSecond = 20;
let budget = { since: 0, spentMs: 0 };

/** What is wrong and where; never the values, which are the tenant's. */
function undeclaredPlaces(route: Route, answer: Answer): string | undefined {
  const schema: z.ZodType | undefined = route.responses[answer.status]?.schema;
  const parsed = schema?.safeParse(answer.body);
  if (parsed?.success) return undefined;
  const places = parsed?.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code}`) ?? ['status'];
  return places.slice(0, placesMax).join('; ');
}

const placesMax = 20;

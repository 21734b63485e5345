import type { OperationResult } from './run-fuzz.ts';

/** One line of the table: the operation, its requests, its answers by status; and beneath it what failed. */
export function formatResult({ operation, requests, statuses, failure }: OperationResult): string {
  const counts = Object.entries(statuses).map(([status, count]) => `${status}: ${String(count).padEnd(5)}`);
  const line = `${operation.padEnd(22)}${String(requests).padStart(6)}   ${counts.join(' ')}`.trimEnd();
  return failure === undefined ? line : `${line}\n  FAILED ${failure.faults}\n  ${failure.curl}`;
}

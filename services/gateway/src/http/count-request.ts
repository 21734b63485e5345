import type { ServerResponse } from 'node:http';
import { Counter, DomainError, metrics } from '@outlay/platform';
import type { Allowance, RateLimit } from './rate-limit.ts';

/** What requests are counted for, each by a limit of its own. */
export type Policy = 'tenant' | 'user' | 'key' | 'address' | 'refused_key';

/** The limits there are; one that is missing does not limit. */
export type RateLimits = Readonly<Partial<Record<Policy, RateLimit>>>;

/** For whom a request counts: the policies that apply to it, each with whom it counts for. */
export type Subjects = readonly (readonly [policy: Policy, id: string])[];

const limitedRequests = new Counter({
  name: 'http_server_requests_limited_total',
  help: 'Requests refused with 429, by the policy that had nothing left for them',
  labelNames: ['policy'],
  registers: [metrics],
});

interface Verdict extends Allowance {
  policy: Policy;
  perMinute: number;
}

/**
 * Counts a request for each of its subjects, or for none of them where one has nothing left: rate_limited then, with the
 * policies that refused. What is left under each is told in the answer's headers (draft-ietf-httpapi-ratelimit-headers).
 */
export function countRequest(limits: RateLimits, subjects: Subjects, response: ServerResponse): void {
  assertWithin(limits, subjects, response);
  for (const [policy, id] of subjects) limits[policy]?.take(id);
}

/** The same without counting: for what is only counted where it fails. */
export function assertWithin(limits: RateLimits, subjects: Subjects, response: ServerResponse): void {
  const verdicts: Verdict[] = [];
  for (const [policy, id] of subjects) {
    const limit = limits[policy];
    if (limit) verdicts.push({ policy, perMinute: limit.perMinute, ...limit.look(id) });
  }
  if (verdicts.length === 0) return;
  response.setHeader('RateLimit-Policy', verdicts.map((one) => `"${one.policy}";q=${one.perMinute};w=60`).join(', '));
  response.setHeader('RateLimit', verdicts.map(leftOf).join(', '));
  if (!verdicts.every(({ isAllowed }) => isAllowed)) throw refusal(verdicts);
}

function leftOf({ policy, remaining, resetsInMs }: Verdict): string {
  return `"${policy}";r=${remaining};t=${Math.ceil(resetsInMs / 1_000)}`;
}

function refusal(verdicts: readonly Verdict[]): DomainError {
  const violated = verdicts.filter(({ isAllowed }) => !isAllowed);
  for (const { policy } of violated) limitedRequests.inc({ policy });
  const names = violated.map(({ policy }) => policy);
  return new DomainError('rate_limited', 'rate_limited', `Too many requests of this ${names.join(' and this ')}`, {
    meta: {
      retry_after_ms: String(Math.ceil(Math.max(...violated.map(({ resetsInMs }) => resetsInMs)))),
      violated_policies: names.join(),
    },
  });
}

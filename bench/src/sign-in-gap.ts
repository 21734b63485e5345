import { randomInt, randomUUID } from 'node:crypto';

/** How long a refused log-in takes for people who exist and for strangers, and how far each two that were sent together lie apart. */
export interface SignInGap {
  pairs: number;
  knownMs: number;
  strangerMs: number;
  /** The median of the differences within the pairs; what a stranger takes longer. */
  gapMs: number;
}

/**
 * Sends pairs of refused log-ins, one for a person and one for a stranger, in random order and one at a time; what the
 * machine does beside falls on both alike. Each comes from another address, as the gateway's proxy would tell it.
 */
export const measureSignInGap = async (
  gatewayUrl: string,
  emails: readonly string[],
  pairs: number,
): Promise<SignInGap> => {
  const timed = async (email: string, pair: number) => {
    const startedAt = performance.now();
    const response = await fetch(`${gatewayUrl}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.9.${pair >> 8}.${pair & 255}` },
      body: JSON.stringify({ email, password: 'a wrong guess' }),
    });
    await response.arrayBuffer();
    if (response.status !== 401) throw new Error(`A refused log-in was answered ${response.status}`);
    return performance.now() - startedAt;
  };
  const times: { known: number; stranger: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const known = emails[pair % emails.length] ?? '';
    const stranger = `owner@t-${randomUUID()}.example`;
    if (randomInt(2) === 0) times.push({ known: await timed(known, pair), stranger: await timed(stranger, pair) });
    else {
      const first = await timed(stranger, pair);
      times.push({ stranger: first, known: await timed(known, pair) });
    }
  }
  return {
    pairs,
    knownMs: median(times.map(({ known }) => known)),
    strangerMs: median(times.map(({ stranger }) => stranger)),
    gapMs: median(times.map(({ known, stranger }) => stranger - known)),
  };
};

const median = (values: number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

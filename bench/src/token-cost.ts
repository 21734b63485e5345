import { createTokenVerifier } from '@outlay/platform';
import { createTestIssuer } from '@outlay/testkit';

/** Microseconds that the verification of one access token takes, the first time it is seen and each time after. */
export const measureTokenCost = async (): Promise<{ newUs: number; seenUs: number }> => {
  const issuer = createTestIssuer();
  const verifier = createTokenVerifier(issuer.verifierOptions);
  // Fewer than the verifier remembers, or none of them would be seen again.
  const tokens = Array.from({ length: 5_000 }, () => issuer.token({ tenantId: crypto.randomUUID() }));
  const perTokenUs = async (rounds: number) => {
    const startedAt = performance.now();
    for (let round = 0; round < rounds; round++) for (const token of tokens) await verifier.verify(token);
    return ((performance.now() - startedAt) * 1_000) / (tokens.length * rounds);
  };
  await verifier.verify(issuer.token());
  return { newUs: await perTokenUs(1), seenUs: await perTokenUs(100) };
};

import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createTokenVerifier } from '@outlay/platform';
import { createTestIssuer } from '../../src/index.ts';

describe('createTestIssuer', () => {
  it('issues tokens that platform accepts', async () => {
    const issuer = createTestIssuer();
    const verifier = createTokenVerifier(issuer.verifierOptions);
    const tenantId = randomUUID();

    const claims = await verifier.verify(issuer.token({ tenantId, role: 'analyst' }));

    expect(claims).toMatchObject({ tid: tenantId, role: 'analyst', kind: 'user' });
  });

  it.each([
    ['of another issuer', () => createTestIssuer().token()],
    ['that has ended', (issuer: ReturnType<typeof createTestIssuer>) => issuer.token({ expiresInSeconds: -120 })],
    ['without an end', (issuer: ReturnType<typeof createTestIssuer>) => issuer.token({ claims: { exp: undefined } })],
    ['of another type', (issuer: ReturnType<typeof createTestIssuer>) => issuer.token({ header: { typ: 'JWT' } })],
  ])('can issue a token %s, which platform refuses', async (_what, make) => {
    const issuer = createTestIssuer();
    const verifier = createTokenVerifier(issuer.verifierOptions);

    await expect(verifier.verify(make(issuer))).rejects.toMatchObject({ kind: 'unauthenticated' });
  });
});

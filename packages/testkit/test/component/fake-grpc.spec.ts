import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identity } from '@outlay/contracts';
import { anonymousContext, createGrpcClient, createSilentLogger, notFound } from '@outlay/platform';
import { type FakeGrpc, startFakeGrpc } from '../../src/index.ts';

describe('startFakeGrpc', () => {
  let fake: FakeGrpc;
  let client: ReturnType<typeof connect>;
  const connect = (address: string) =>
    createGrpcClient(identity.IdentityServiceService, { address, logger: createSilentLogger() });

  beforeEach(async () => {
    fake = await startFakeGrpc(identity.IdentityServiceService, {
      getJwks: () => ({ jwksJson: '{"keys": []}' }),
      getMe: () => {
        throw notFound('user_not_found', 'There is no such user');
      },
    });
    client = connect(fake.address);
  });
  afterEach(async () => {
    client.close();
    await fake.stop();
  });

  it('answers as it was told and writes the call down', async () => {
    const context = { ...anonymousContext('request-1'), token: 'token-1' };

    const answer = await client.getJwks(context, {});

    expect(answer.jwksJson).toBe('{"keys": []}');
    expect(fake.calls).toEqual([
      expect.objectContaining({
        method: 'getJwks',
        request: {},
        metadata: expect.objectContaining({ authorization: 'Bearer token-1' }),
      }),
    ]);
  });

  it('fails with the error that its handler threw', async () => {
    await expect(client.getMe(anonymousContext(), {})).rejects.toMatchObject({
      kind: 'not_found',
      code: 'user_not_found',
    });
  });

  it('says that an RPC without a handler is not there', async () => {
    await expect(client.logout(anonymousContext(), {})).rejects.toThrow();
  });
});

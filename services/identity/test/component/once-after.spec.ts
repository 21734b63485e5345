import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  anonymousContext,
  type CallerContext,
  createSecretBox,
  createSilentLogger,
  unauthenticated,
} from '@outlay/platform';
import { createTestDatabase, type TestDatabase } from '@outlay/testkit';
import { onceAfter } from '../../src/application/once-after.ts';
import { createIdentityDatabase, type IdentityDatabase } from '../../src/store/database.ts';
import { encryptionKey, refusalOf } from './driver/start-identity.ts';

let server: TestDatabase;
let database: IdentityDatabase;
beforeAll(async () => {
  server = await createTestDatabase();
  database = createIdentityDatabase(server.urlFor('identity'), createSilentLogger());
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

const secrets = createSecretBox([encryptionKey], 'identity');
const keyed = (): CallerContext => ({ ...anonymousContext(), idempotencyKey: randomUUID() });
const wrong = () => unauthenticated('invalid_credentials', 'The password is wrong');

/** A command whose preparation is what is given, and that answers with what was prepared. */
const run = (context: CallerContext, prepare: () => Promise<string>) =>
  onceAfter(
    { database, secrets },
    context,
    { operation: 'Test', request: {} },
    prepare,
    async (_session, text) => text,
  );

describe('a command that is prepared before its transaction', () => {
  it('is not prepared again where it had its effect before', async () => {
    const context = keyed();
    await run(context, async () => 'first');

    const again = run(context, () => Promise.reject(wrong()));

    expect(await again).toEqual({ answer: 'first', replayed: true });
  });

  it('is answered like its twin where the twin was faster, and its effect is why this one is refused', async () => {
    const context = keyed();

    const slower = run(context, async () => {
      await run(context, async () => 'the twin');
      throw wrong();
    });

    expect(await slower).toEqual({ answer: 'the twin', replayed: true });
  });

  it('is refused where no twin had an effect, and may be tried again with the same key', async () => {
    const context = keyed();
    expect(await refusalOf(run(context, () => Promise.reject(wrong())))).toMatchObject({ code: 'invalid_credentials' });

    expect(await run(context, async () => 'now')).toEqual({ answer: 'now', replayed: false });
  });
});

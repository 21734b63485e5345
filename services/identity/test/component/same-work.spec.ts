import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { recordStatements, type StatementRecorder } from './driver/record-statements.ts';
import { password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

// Time itself is measured by the bench. Here it is held that there is nothing that could take a different time: whoever
// is refused, the database is asked the very same.
let recorder: StatementRecorder;
let first: TestIdentity;
/** The same on the same database, with the recorder between. */
let identity: TestIdentity;
let owner: Awaited<ReturnType<TestIdentity['createOwner']>>;
let other: typeof owner;
beforeAll(async () => {
  first = await startIdentity();
  recorder = await recordStatements(first.config.databaseUrl);
  identity = await startIdentity({ config: { databaseUrl: recorder.url } });
  owner = await identity.createOwner();
  other = await identity.createOwner();
});
afterAll(async () => {
  await identity?.stop();
  await recorder?.close();
  await first?.stop();
});

let places = 0;
/** From a place of its own each time, so that nothing is throttled. */
const refused = (email: string, given: { password?: string; tenantId?: string } = {}) => {
  places += 1;
  return refusalOf(identity.logIn(email, { password: 'a wrong guess', clientAddress: `192.0.2.${places}`, ...given }));
};

describe('A refused log-in asks the database the very same', () => {
  const attempts = {
    'for a stranger': () => refused('nobody@acme.example'),
    'for a stranger who names a tenant': () => refused('nobody@acme.example', { tenantId: other.tenantId }),
    'for text that is no address': () => refused('no address at all'),
    'for a wrong password with a tenant that is not theirs': () => refused(owner.email, { tenantId: other.tenantId }),
    'for the right password with a tenant that is not theirs': () =>
      refused(owner.email, { password, tenantId: other.tenantId }),
  };

  it.each(Object.entries(attempts))('%s as for a wrong password', async (_name, attempt) => {
    await refused(owner.email);
    // Of work in the background, half a transaction may be seen; what is really different is so each time.
    await eventually(async () => {
      const [expected, expectedRefusal] = await observed(() => refused(owner.email));
      const [statements, refusal] = await observed(attempt);

      expect(refusal).toEqual(expectedRefusal);
      expect(expected.length).toBeGreaterThan(0);
      expect(statements).toEqual(expected);
    });
  });
});

describe('A request to set another password asks the database the very same', () => {
  it('for a stranger as for a person, before it is answered', async () => {
    const request = (email: string) => identity.client.requestPasswordReset(anonymousContext(), { email });
    await request(owner.email);
    await eventually(async () => {
      const expected = await recorder.during(() => request(owner.email));
      expect(expected.length).toBeGreaterThan(0);
      expect(await recorder.during(() => request('nobody@acme.example'))).toEqual(expected);
    });
  });
});

// Otherwise a recorder that is blind would see no difference.
it('A log-in that is not refused asks for more', async () => {
  await eventually(async () => {
    const [refusedOne] = await observed(() => refused(owner.email));
    const accepted = await recorder.during(() => identity.logIn(owner.email, { clientAddress: '192.0.2.250' }));

    expect(accepted.length).toBeGreaterThan(refusedOne.length);
  });
});

async function observed(attempt: () => Promise<unknown>) {
  let refusal: unknown;
  const statements = await recorder.during(async () => {
    refusal = await attempt();
  });
  return [statements, refusal] as const;
}

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { events } from '@outlay/contracts';
import { eventually } from '@outlay/testkit';
import { type Harness, startHarness } from '../component/harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ on: 'embedded' });
});
afterAll(() => harness.stop());

it("takes tenancy-billing's own example of a registration", async () => {
  const { codec, example } = events['outlay.tenancy.tenant.registered.v1'];

  const { tenantId, registration } = await harness.register(codec.fromJSON(example));

  await eventually(async () =>
    expect(await harness.deliveriesOf(tenantId)).toMatchObject([
      { recipient: registration.owner?.email, status: 'sent' },
    ]),
  );
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mailsOf } from './driver/mails.ts';
import { peopleOf } from './driver/people.ts';
import { refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let people: ReturnType<typeof peopleOf>;
let mails: ReturnType<typeof mailsOf>;
beforeAll(async () => {
  identity = await startIdentity();
  people = peopleOf(identity);
  mails = mailsOf(identity);
});
afterAll(() => identity.stop());

const nothing = { firstName: undefined, lastName: undefined, version: undefined };

describe('changing your name', () => {
  it('changes what is given, and tells every tenant of the person and no other', async () => {
    const mara = await people.owner();
    const elsewhere = await people.owner();
    const stranger = await people.owner();
    await people.member(elsewhere.tenantId, 'analyst', { email: mara.email });

    const { user } = await identity.client.updateMe(mara.context, { ...nothing, lastName: 'Lindqvist' });

    expect(user).toMatchObject({ firstName: 'Mara', lastName: 'Lindqvist', email: mara.email, version: 2n });
    const told = await mails.about(mara.user.id, 'member.updated');
    expect(new Set(told.map(({ tenantId }) => tenantId))).toEqual(new Set([mara.tenantId, elsewhere.tenantId]));
    for (const { data } of told) expect(data).toMatchObject({ lastName: 'Lindqvist', email: mara.email });
    expect(await people.eventsOf(stranger.tenantId, 'member.updated')).toEqual([]);
    expect((await identity.client.getMe(mara.context, {})).user).toEqual(user);
  });

  it('leaves an audit entry that says which field, and not what is in it', async () => {
    const mara = await people.owner();

    await identity.client.updateMe(mara.context, { ...nothing, firstName: 'Marlene' });

    const [entry] = await people.auditOf(mara.tenantId, 'member.updated');
    expect(entry).toEqual({
      actor_id: mara.user.id,
      entity_id: mara.user.id,
      before: null,
      after: { fields: ['first_name'] },
    });
  });

  it('to what it is tells nobody', async () => {
    const mara = await people.owner();

    const { user } = await identity.client.updateMe(mara.context, { ...nothing, firstName: mara.user.firstName });

    expect(user).toEqual(mara.user);
    expect(await mails.about(mara.user.id, 'member.updated')).toEqual([]);
  });

  it('is refused at a version that has passed; of two at the same version one succeeds', async () => {
    const mara = await people.owner();
    const rename = (firstName: string) =>
      identity.client.updateMe(mara.context, { ...nothing, firstName, version: mara.user.version });

    const outcomes = await Promise.allSettled(['Ana', 'Bea', 'Cleo'].map(rename));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusalOf(rename('Dora'))).toMatchObject({ kind: 'precondition_failed', code: 'version_mismatch' });
  });

  it('has one effect per idempotency key', async () => {
    const mara = await people.owner();
    const keyed = { ...mara.context, idempotencyKey: randomUUID() };
    const request = { ...nothing, lastName: 'Lindqvist', version: mara.user.version };

    const answers = await Promise.all(Array.from({ length: 5 }, () => identity.client.updateMe(keyed, request)));

    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const { user } of answers) expect(user).toEqual(answers[0]!.user);
    expect(await mails.about(mara.user.id, 'member.updated')).toHaveLength(1);
    const other = identity.client.updateMe(keyed, { ...request, lastName: 'Berg' });
    expect(await refusalOf(other)).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('names the field that is wrong', async () => {
    const mara = await people.owner();
    const error = await identity.client
      .updateMe(mara.context, { ...nothing, firstName: ' ' })
      .catch((reason) => reason);

    expect(error.details).toMatchObject([{ field: 'first_name' }]);
  });
});

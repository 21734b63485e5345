import { describe, expect, it } from '@jest/globals';
import { secretsKeptFrom } from './service-environment.ts';
import { services } from './services.ts';

describe('A secret of one service', () => {
  const kept = (name: string) =>
    services.filter((service) => !secretsKeptFrom(service).has(name)).map((one) => one.name);

  it.each([
    ['IDENTITY_ENCRYPTION_KEY', ['identity']],
    ['PLATFORM_ADMIN_PASSWORD', ['identity']],
    ['LEDGER_SEAL_KEY', ['ledger']],
    ['MAILGUN_API_KEY', ['notifications']],
    ['DATABASE_ROLE_SECRET', []],
  ])('is given to nobody else: %s', (name, names) => {
    expect(kept(name)).toEqual(names);
  });

  it('is not what all of them prove themselves with', () => {
    expect(kept('SERVICE_CLIENT_SECRET')).toEqual(services.map(({ name }) => name));
  });
});

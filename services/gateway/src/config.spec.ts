import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.ts';

describe('readConfig', () => {
  it('needs nothing on a laptop', () => {
    expect(readConfig({})).toMatchObject({
      port: 8080,
      opsPort: 9100,
      baseDomain: 'localhost',
      corsOrigins: [],
      trustProxy: false,
      quotas: { tenant: 600_000, user: 300_000, key: 300_000, address: 120_000, refused_key: 60 },
      validateResponses: 'strict',
      deadlineMs: 5_000,
      inFlightMax: 1_000,
      tenantConcurrency: 64,
      tenantQueueMax: 256,
      uploadsMax: 32,
      tenantUploadsMax: 8,
      personUploadsMax: 4,
      uploadStallMs: 10_000,
    });
  });

  it('sends answers off their schema in production and logs them, unless told otherwise', () => {
    expect(readConfig({ NODE_ENV: 'production' }).validateResponses).toBe('log');
    expect(readConfig({ NODE_ENV: 'production', VALIDATE_RESPONSES: 'strict' }).validateResponses).toBe('strict');
    expect(readConfig({ VALIDATE_RESPONSES: 'off' }).validateResponses).toBe('off');
  });

  it('goes on listening for a while in production, and leaves time for what is in flight', () => {
    expect(readConfig({ NODE_ENV: 'production' }).drainDelayMs).toBe(5_000);
    expect(readConfig({ DRAIN_DELAY_MS: '0' }).drainDelayMs).toBe(0);
    expect(() => readConfig({ DRAIN_DELAY_MS: '10000', SHUTDOWN_TIMEOUT_MS: '15000' })).toThrow('DRAIN_DELAY_MS');
  });

  it('offers what is for developers where that is asked for, and never in production', () => {
    expect(readConfig({}).developerRoutes).toBe(false);
    expect(readConfig({ DEVELOPER_ROUTES: 'true' }).developerRoutes).toBe(true);
    expect(() => readConfig({ NODE_ENV: 'production', DEVELOPER_ROUTES: 'true' })).toThrow('DEVELOPER_ROUTES');
  });

  it('names what every service reads and what it reads itself at once', () => {
    expect(() => readConfig({ LOG_LEVEL: 'loud', BASE_DOMAIN: '!' })).toThrow(/LOG_LEVEL[\s\S]*BASE_DOMAIN/);
  });

  it('reads lists and proxies', () => {
    const config = readConfig({ CORS_ORIGINS: 'https://a.example, http://localhost:5173', TRUST_PROXY: '2' });
    expect(config.corsOrigins).toEqual(['https://a.example', 'http://localhost:5173']);
    expect(config.trustProxy).toBe(2);
    expect(readConfig({ TRUST_PROXY: '10.0.0.0/8' }).trustProxy).toBe('10.0.0.0/8');
  });

  it.each([
    ['GATEWAY_PORT', '70000'],
    ['BASE_DOMAIN', 'https://outlay.example'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://a.example/path'],
    ['RATE_LIMIT_TENANT', '-1'],
    ['TENANT_CONCURRENCY', '0'],
    ['VALIDATE_RESPONSES', 'true'],
    ['TRUST_PROXY', 'banana'],
  ])('names %s when it is %s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(name);
  });
});

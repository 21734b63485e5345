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
      rateLimitPerMinute: 600_000,
      validateResponses: true,
      deadlineMs: 5_000,
    });
  });

  it('does not hold answers against their schema in production, unless told to', () => {
    expect(readConfig({ NODE_ENV: 'production' }).validateResponses).toBe(false);
    expect(readConfig({ NODE_ENV: 'production', VALIDATE_RESPONSES: 'true' }).validateResponses).toBe(true);
    expect(readConfig({ VALIDATE_RESPONSES: 'false' }).validateResponses).toBe(false);
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
    ['RATE_LIMIT_PER_MINUTE', '-1'],
    ['VALIDATE_RESPONSES', 'yes'],
  ])('names %s when it is %s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(name);
  });
});

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, loadConfig } from './load-config.ts';
import { readServiceConfig } from './service-config.ts';

describe('the configuration', () => {
  it('has a default for everything a laptop needs', () => {
    expect(readServiceConfig({}, { grpcPort: 50053, opsPort: 9103 })).toMatchObject({
      environment: 'development',
      host: '127.0.0.1',
      grpcPort: 50053,
      opsPort: 9103,
      databaseUrl: undefined,
      databasePoolMax: undefined,
      identityAddress: '127.0.0.1:50051',
      tokenIssuer: 'https://outlay.local',
      logLevel: 'info',
    });
  });

  it('reads what is set, and takes an empty variable for one that is not', () => {
    const env = {
      GRPC_PORT: '0',
      OPS_PORT: '',
      DATABASE_URL: 'postgres://user@db:5432/outlay',
      LEDGER_ADDRESS: 'ledger:50053',
      REPORTING_ADDRESS: 'ipv4:10.0.0.1:50055,10.0.0.2:50055',
    };
    expect(readServiceConfig(env, { grpcPort: 1, opsPort: 9103 })).toMatchObject({
      grpcPort: 0,
      opsPort: 9103,
      databaseUrl: 'postgres://user@db:5432/outlay',
      ledgerAddress: 'ledger:50053',
      reportingAddress: 'ipv4:10.0.0.1:50055,10.0.0.2:50055',
    });
  });

  it('names every bad variable at once and shows no value', () => {
    const env = {
      GRPC_PORT: 'x',
      DATABASE_URL: 'mysql://root:hunter2@db',
      LOG_LEVEL: 'loud',
      LEDGER_ADDRESS: 'nowhere',
    };
    const read = () => readServiceConfig(env, { grpcPort: 1, opsPort: 2 });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/GRPC_PORT[\s\S]*DATABASE_URL[\s\S]*LEDGER_ADDRESS[\s\S]*LOG_LEVEL/);
    expect(read).not.toThrow(/hunter2/);
  });

  it('wants all files for mutual TLS or none, and reads them', () => {
    const defaults = { grpcPort: 1, opsPort: 2 };
    const file = fileURLToPath(import.meta.url);
    expect(readServiceConfig({}, defaults).grpcTls).toBeUndefined();
    const env = { GRPC_TLS_CA_FILE: file, GRPC_TLS_CERT_FILE: file, GRPC_TLS_KEY_FILE: file };
    expect(readServiceConfig(env, defaults).grpcTls?.key.toString()).toContain('wants all files');
    expect(() => readServiceConfig({ ...env, GRPC_TLS_KEY_FILE: '' }, defaults)).toThrow('GRPC_TLS_KEY_FILE');
    expect(() => readServiceConfig({ ...env, GRPC_TLS_CA_FILE: '/nowhere' }, defaults)).toThrow('GRPC_TLS_CA_FILE');
  });

  it('takes several addresses of a service only where no certificate is held against them', () => {
    const defaults = { grpcPort: 1, opsPort: 2 };
    const file = fileURLToPath(import.meta.url);
    const tls = { GRPC_TLS_CA_FILE: file, GRPC_TLS_CERT_FILE: file, GRPC_TLS_KEY_FILE: file };
    const env = { LEDGER_ADDRESS: 'ipv4:10.0.0.1:50053,10.0.0.2:50053' };
    expect(() => readServiceConfig({ ...env, ...tls }, defaults)).toThrow('LEDGER_ADDRESS');
    for (const address of ['ipv4:10.0.0.1', 'ipv4:10.1:50053', 'ipv4:10.0.0.1:50053,', '10.0.0.1:1,10.0.0.2:1']) {
      expect(() => readServiceConfig({ LEDGER_ADDRESS: address }, defaults)).toThrow('LEDGER_ADDRESS');
    }
  });

  it('names what a service cannot do without, and the bus by either of its variables', () => {
    const needs = ['databaseUrl', 'serviceClientSecret', 'bus'] as const;
    const read = (env: NodeJS.ProcessEnv) => readServiceConfig(env, { grpcPort: 1, opsPort: 2, needs });
    const databaseUrl = 'postgres://user@db/outlay';
    expect(() => read({})).toThrow(/DATABASE_URL[\s\S]*SERVICE_CLIENT_SECRET[\s\S]*AMQP_URL/);
    expect(() => read({ DATABASE_URL: databaseUrl, AMQP_URL: 'amqp://mq' })).toThrow(
      /^[^:]*:\s+- SERVICE_CLIENT_SECRET/,
    );
    const env = { DATABASE_URL: databaseUrl, BUS_DATABASE_URL: databaseUrl, SERVICE_CLIENT_SECRET: 'x'.repeat(16) };
    expect(read(env)).toMatchObject({ databaseUrl, serviceClientSecret: 'x'.repeat(16) });
  });

  it('can be extended by a service', () => {
    const schema = z.object({ MAIL_FROM: z.email() });
    expect(loadConfig(schema, { MAIL_FROM: 'a@example.com', OTHER: 'x' })).toEqual({ MAIL_FROM: 'a@example.com' });
    expect(() => loadConfig(schema, {})).toThrow('MAIL_FROM');
  });
});

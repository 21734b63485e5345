import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.ts';

const usual = {
  DATABASE_URL: 'postgres://localhost/outlay',
  AMQP_URL: 'amqp://localhost',
  SERVICE_CLIENT_SECRET: 'a secret of the tests',
};

describe('the configuration', () => {
  it('writes mail to the local outbox where no Mailgun is named', () => {
    expect(readConfig(usual).mail).toEqual({
      provider: 'outbox',
      directory: '.outlay/mail',
      from: 'Outlay <no-reply@outlay.local>',
    });
  });

  it('sends through Mailgun where key and domain are set', () => {
    expect(readConfig({ ...usual, MAILGUN_API_KEY: 'key', MAILGUN_DOMAIN: 'mg.acme.example' }).mail).toEqual({
      provider: 'mailgun',
      apiKey: 'key',
      domain: 'mg.acme.example',
      url: undefined,
      from: 'Outlay <no-reply@mg.acme.example>',
    });
  });

  it.each([
    [undefined, 'http://localhost:8080'],
    ['https://outlay.example/', 'https://outlay.example'],
    ['https://example.com/spend/', 'https://example.com/spend'],
  ])('puts the links of mails under %s', (PUBLIC_URL, expected) => {
    expect(readConfig({ ...usual, PUBLIC_URL }).publicUrl).toBe(expected);
  });

  it.each([
    [{ ...usual, MAILGUN_API_KEY: 'key' }, /MAILGUN_DOMAIN/],
    [{ ...usual, MAILGUN_API_KEY: 'key', MAILGUN_DOMAIN: 'mg/../x' }, /MAILGUN_DOMAIN/],
    [{ ...usual, MAIL_FROM: 'a@b.c\r\nBcc: d@e.f' }, /MAIL_FROM/],
    [{ ...usual, DATABASE_URL: undefined }, /DATABASE_URL/],
    [{ ...usual, AMQP_URL: undefined }, /AMQP_URL/],
    [{ ...usual, SERVICE_CLIENT_SECRET: undefined }, /SERVICE_CLIENT_SECRET/],
    [{ ...usual, PUBLIC_URL: 'outlay.example' }, /PUBLIC_URL/],
    [{ ...usual, PUBLIC_URL: 'javascript:alert(1)' }, /PUBLIC_URL/],
    [{ ...usual, PUBLIC_URL: 'https://outlay.example?next=' }, /PUBLIC_URL/],
    [{ ...usual, PUBLIC_URL: 'https://me:secret@outlay.example' }, /PUBLIC_URL/],
    [{ ...usual, PUBLIC_URL: 'https://outlay.example\r\nBcc: d@e.f' }, /PUBLIC_URL/],
  ])('refuses %j', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });
});

import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.ts';

const usual = { DATABASE_URL: 'postgres://localhost/outlay', AMQP_URL: 'amqp://localhost' };

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
    [{ ...usual, MAILGUN_API_KEY: 'key' }, /MAILGUN_DOMAIN/],
    [{ ...usual, MAILGUN_API_KEY: 'key', MAILGUN_DOMAIN: 'mg/../x' }, /MAILGUN_DOMAIN/],
    [{ ...usual, MAIL_FROM: 'a@b.c\r\nBcc: d@e.f' }, /MAIL_FROM/],
    [{ AMQP_URL: usual.AMQP_URL }, /DATABASE_URL/],
    [{ DATABASE_URL: usual.DATABASE_URL }, /AMQP_URL/],
  ])('refuses %j', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });
});

import { describe, expect, it } from '@jest/globals';
import { subdomainFault } from './subdomain.ts';

const codeOf = (subdomain: string) => subdomainFault(subdomain)?.code;

describe('a subdomain', () => {
  it.each(['acme', 'a1b', '3com', 'acme-berlin', 'a-b-c', 'x'.repeat(63), 'wwww'])('may be %s', (subdomain) => {
    expect(codeOf(subdomain)).toBeUndefined();
  });

  it.each(['', 'ab', 'x'.repeat(64)])('has 3 to 63 characters, unlike %p', (subdomain) => {
    expect(codeOf(subdomain)).toBe('subdomain_length');
  });

  it.each(['Acme', '-acme', 'acme-', 'ac--me', 'xn--acme', 'ac_me', 'ac.me', 'ac me', 'münchen', 'acme\n'])(
    'is one label of a host name, unlike %p',
    (subdomain) => {
      expect(codeOf(subdomain)).toBe('subdomain_format');
    },
  );

  it.each(['www', 'api', 'admin'])('is not the reserved %s', (subdomain) => {
    expect(codeOf(subdomain)).toBe('subdomain_reserved');
  });
});

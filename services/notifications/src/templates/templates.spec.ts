import { describe, expect, it } from '@jest/globals';
import { templates } from './templates.ts';

const parameters = { firstName: 'Mara', tenantName: 'Acme', subdomain: 'acme', email: 'mara@acme.example' };

describe('the welcome mail', () => {
  it('names the person, the tenant, the workspace and the address in both forms', () => {
    const mail = templates.welcome(parameters);

    expect(mail.subject).toBe('Welcome to Outlay, Mara');
    for (const body of [mail.text, mail.html]) {
      for (const value of Object.values(parameters)) expect(body).toContain(value);
    }
  });

  it('shows markup in a name as text', () => {
    const mail = templates.welcome({ ...parameters, tenantName: `<img src=x onerror="alert('1')"> & Sons` });

    expect(mail.html).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; Sons');
    expect(mail.html).not.toContain('<img');
    expect(mail.text).toContain('<img');
  });

  it('keeps the subject on one line', () => {
    const mail = templates.welcome({ ...parameters, firstName: 'Mara\r\nBcc: everyone@example.com' });

    expect(mail.subject).toBe('Welcome to Outlay, Mara Bcc: everyone@example.com');
  });

  it('refuses parameters that are not its own', () => {
    expect(() => templates.welcome({ firstName: 'Mara' })).toThrow(/tenantName/);
  });
});

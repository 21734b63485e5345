import type { Fault } from './fault.ts';

/** Names that are ours, look official, or mean something to browsers and mail servers. */
const reserved = new Set([
  ...['www', 'api', 'app', 'admin', 'administrator', 'root', 'system', 'platform', 'outlay', 'internal'],
  ...['auth', 'login', 'signin', 'signup', 'register', 'account', 'accounts', 'billing', 'payments', 'security'],
  ...['support', 'help', 'docs', 'status', 'blog', 'about', 'legal', 'privacy', 'terms', 'contact'],
  ...['mail', 'email', 'smtp', 'imap', 'pop', 'mx', 'ftp', 'ssh', 'vpn', 'dns', 'ns1', 'ns2', 'webmail'],
  ...['cdn', 'static', 'assets', 'media', 'files', 'images', 'gateway', 'proxy', 'metrics', 'grafana'],
  ...['localhost', 'local', 'test', 'staging', 'production', 'dev', 'demo', 'sandbox', 'example', 'invalid'],
  ...['postmaster', 'hostmaster', 'webmaster', 'abuse', 'noreply', 'no-reply', 'autoconfig', 'autodiscover', 'wpad'],
]);

/** One label of a host name (RFC 1123), in lower case, that neither begins nor ends with a hyphen nor holds two in a row. */
const pattern = /^[a-z0-9](-?[a-z0-9])*$/;
const lengthMin = 3;
const lengthMax = 63;

/** What is wrong with a subdomain that a tenant would like to have; undefined when it is good. */
export function subdomainFault(subdomain: string): Fault | undefined {
  if (subdomain.length < lengthMin || subdomain.length > lengthMax) {
    return { code: 'subdomain_length', message: `must have ${lengthMin} to ${lengthMax} characters` };
  }
  if (!pattern.test(subdomain)) {
    return {
      code: 'subdomain_format',
      message: 'must be lower-case letters and digits, with single hyphens between them',
    };
  }
  return reserved.has(subdomain) ? { code: 'subdomain_reserved', message: 'is reserved' } : undefined;
}

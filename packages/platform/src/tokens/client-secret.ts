import { createHmac } from 'node:crypto';

/**
 * What one service proves itself with, made of the secret that identity alone has: hexadecimal HMAC-SHA256 of
 * `outlay client <name>`. So whoever gets hold of one service is that service and no other.
 */
export const clientSecretOf = (secret: string, clientId: string): string =>
  createHmac('sha256', secret).update(`outlay client ${clientId}`).digest('hex');

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Seals what must be read again but not by whoever gets hold of the database. */
export interface SecretBox {
  /** Seals text, bound to what it belongs to: put beside another id it does not open. */
  seal(text: string, boundTo: string): Buffer;
  /** Opens what was sealed under any of the box's secrets. Throws Error on anything else. */
  open(sealed: Uint8Array, boundTo: string): string;
  /** A keyed digest (HMAC-SHA-256): what was digested cannot be guessed without the secret. */
  digest(data: Uint8Array | string): Buffer;
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Makes a box from secrets, newest first: the first seals, all open, so that a secret can be replaced while old
 * boxes are still about. AES-256-GCM under a key derived for the purpose (HKDF-SHA-256), so that boxes of different
 * purposes do not open each other's.
 */
export function createSecretBox(secrets: readonly [string, ...string[]], purpose: string): SecretBox {
  const keys = secrets.map((secret) => deriveKey(secret, `outlay ${purpose} seal`));
  const sealingKey = keys[0] as Buffer;
  const digestKey = deriveKey(secrets[0], `outlay ${purpose} digest`);

  return {
    seal(text, boundTo) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce).setAAD(Buffer.from(boundTo));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), sealed]);
    },
    open(sealed, boundTo) {
      const bytes = Buffer.from(sealed);
      if (bytes[0] !== version || bytes.length < 1 + nonceBytes + tagBytes) throw new Error('Not a sealed secret');
      for (const key of keys) {
        const text = tryOpen(key, bytes, boundTo);
        if (text !== undefined) return text;
      }
      throw new Error('None of the secrets opens this, or it belongs elsewhere');
    },
    digest: (data) => createHmac('sha256', digestKey).update(data).digest(),
  };
}

function tryOpen(key: Buffer, bytes: Buffer, boundTo: string): string | undefined {
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const tag = bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(boundTo)).setAuthTag(tag);
    return decipher.update(bytes.subarray(1 + nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

function deriveKey(secret: string, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', info, 32));
}

import { createSecretBox } from '@outlay/platform';

/** A token as it travels and is kept: only this service can open it, and only for what it belongs to. */
export interface SealedToken {
  /** Base64. */
  sealed: string;
  boundTo: string;
}

/** What is known only when a mail is written: where people reach the platform, and what sealed tokens say. */
export interface Letterhead {
  /** The address of a page, with or without a token: `https://outlay.example/reset-password?token=...`. */
  link(path: string, token?: string): string;
  /** Throws Error where the seal does not open. */
  open(token: SealedToken): string;
}

/** The letterhead of this platform. identity seals tokens under the secret that services share. */
export function createLetterhead(options: { publicUrl: string; serviceClientSecret: string }): Letterhead {
  const { publicUrl, serviceClientSecret } = options;
  const box = createSecretBox([serviceClientSecret], 'mail token');
  return {
    link: (path, token) =>
      `${publicUrl}${path}${token === undefined ? '' : `?${new URLSearchParams({ token }).toString()}`}`,
    open: ({ sealed, boundTo }) => box.open(Buffer.from(sealed, 'base64'), boundTo),
  };
}

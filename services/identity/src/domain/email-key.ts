/**
 * By what an e-mail address is looked up, and failures to sign in with it are counted. In one place, as whoever found a
 * spelling that is the same person to one of them and another to the other could guess on and on.
 */
export function emailKey(email: string): string {
  return email.toLowerCase();
}

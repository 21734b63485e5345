import { createPrivateKey, type KeyObject } from 'node:crypto';
import {
  type Clock,
  type Component,
  type JsonWebKeySet,
  type Logger,
  type SecretBox,
  unavailable,
} from '@outlay/platform';
import { isPublished, signingKeyOf } from '../domain/key-schedule.ts';
import type { IdentityDatabase } from '../store/database.ts';
import {
  addSigningKey,
  listSigningKeys,
  type SigningKeyRow,
  sealSigningKeys,
  takeSigningKeys,
} from '../store/signing-keys.ts';
import { boundToKey, newSigningKey } from './new-signing-key.ts';

/** The key that access tokens are signed with now. */
interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/** The keys of this issuer, as a part of its process that reads them again and again. */
export interface SigningKeys extends Component {
  /** Seals keys from before keys were sealed, makes the first one where there is none, and loads them. */
  prepare(): Promise<void>;
  current(): Promise<SigningKey>;
  /** The public keys of all that may have signed a token which is still good, or are about to sign. */
  publicKeys(): Promise<JsonWebKeySet>;
  /** Reads them again at once. */
  reload(): Promise<void>;
}

/** Another replica may have rotated, or withdrawn what this one signs with. */
const reloadEveryMs = 5_000;

/** Keeps the keys of the database at hand; while that is away the last known ones stay in use. */
export function createSigningKeys(options: {
  database: IdentityDatabase;
  secrets: SecretBox;
  clock: Clock;
  logger: Logger;
}): SigningKeys {
  const { database, secrets, clock, logger } = options;
  const opened = new Map<string, KeyObject>();
  let known: SigningKeyRow[] | undefined;
  let loading: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isAway = false;

  async function load(): Promise<void> {
    known = await database.withGlobal(listSigningKeys, { readOnly: true });
  }

  function reload(): Promise<void> {
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function prepare(): Promise<void> {
    await database.withGlobal((session) =>
      sealSigningKeys(session, (kid, privateKey) => secrets.seal(privateKey, boundToKey(kid))),
    );
    await reload();
    if (!signingKeyOf(withPrivateKey(await rows()), clock())) await makeFirst();
    await current();
  }

  async function makeFirst(): Promise<void> {
    const now = clock();
    const key = await newSigningKey(secrets, now);
    await database.withGlobal(async (session) => {
      // Replicas start together: the second waits here, then finds the first one's key.
      const keys = await takeSigningKeys(session);
      // Nobody has heard of it, and nobody could be told beforehand: there is none to sign with in the meantime.
      if (!signingKeyOf(withPrivateKey(keys), now)) {
        await addSigningKey(session, key, { signsFrom: now, withdrawOld: false });
      }
    });
    await reload();
  }

  async function rows(): Promise<SigningKeyRow[]> {
    if (!known) await reload();
    return known ?? [];
  }

  async function current(): Promise<SigningKey> {
    const row = signingKeyOf(withPrivateKey(await rows()), clock());
    // So it is for a moment when a platform starts for the first time.
    if (!row?.sealedPrivateKey) throw unavailable('token_keys_unavailable', 'There is no key to sign tokens with');
    const { kid, sealedPrivateKey } = row;
    const privateKey = opened.get(kid) ?? createPrivateKey(secrets.open(sealedPrivateKey, boundToKey(kid)));
    opened.set(kid, privateKey);
    return { kid, privateKey };
  }

  return {
    prepare,
    async reload() {
      // What is being read may have been asked for before the change.
      await loading?.catch(() => undefined);
      await reload();
    },
    current,
    async publicKeys() {
      const now = clock();
      return { keys: (await rows()).filter((key) => isPublished(key, now)).map((key) => key.publicJwk) };
    },
    start() {
      timer = setInterval(() => {
        reload().then(
          () => {
            isAway = false;
          },
          (error: unknown) => {
            if (!isAway) logger.warn({ error }, 'signing keys cannot be read again, the last known ones stay in use');
            isAway = true;
          },
        );
      }, reloadEveryMs);
    },
    async stop() {
      clearInterval(timer);
      await loading?.catch(() => undefined);
    },
  };
}

/** Those that can sign; of others only the public half is kept. */
function withPrivateKey(keys: readonly SigningKeyRow[]): SigningKeyRow[] {
  return keys.filter(({ sealedPrivateKey }) => sealedPrivateKey !== undefined);
}

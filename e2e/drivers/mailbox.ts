import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, type TestPlatform } from '@outlay/testkit';

/** The mails that a platform has sent, of which it leaves a file each where it has no provider. */
export interface Mailbox {
  /** Waits for the newest mail to an address whose subject holds a text, and answers the token in it. */
  tokenTo: (address: string, subject: string) => Promise<string>;
}

interface Mail {
  to: string;
  subject: string;
  token: string | undefined;
}

/** Each file is read once, however many there are. */
export function openMailbox({ logDirectory }: Pick<TestPlatform, 'logDirectory'>): Mailbox {
  const directory = join(logDirectory, 'mail');
  const mails = new Map<string, Mail>();

  async function readNew(): Promise<void> {
    for (const name of (await readdir(directory).catch(() => [])).sort()) {
      if (!mails.has(name) && name.endsWith('.eml'))
        mails.set(name, parse(await readFile(join(directory, name), 'utf8')));
    }
  }

  return {
    tokenTo: (address, subject) =>
      eventually(async () => {
        await readNew();
        const found = [...mails.values()].findLast(
          (mail) => mail.to.includes(address) && mail.subject.includes(subject),
        );
        if (found?.token === undefined) throw new Error(`There is no mail to ${address} on ${subject}`);
        return found.token;
      }),
  };
}

function parse(text: string): Mail {
  const unfolded = text.replaceAll('\r\n', '\n').replaceAll('=\n', '');
  const first = (pattern: RegExp) => pattern.exec(unfolded)?.[1];
  return {
    to: first(/^To: (.*(?:\n[ \t].*)*)$/m) ?? '',
    subject: first(/^Subject: (.*(?:\n[ \t].*)*)$/m) ?? '',
    token: first(/^token: ([\w-]+)/m),
  };
}

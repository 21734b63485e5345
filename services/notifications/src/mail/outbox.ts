import { chmod, mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@outlay/platform';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Mail, MailProvider } from './mail-provider.ts';

/**
 * Writes each mail as an .eml file instead of sending it, for development. The file is named for the delivery and
 * appears at once and whole, so that sending again replaces it by the same and a file that is there has been sent.
 */
export function createOutbox(directory: string): MailProvider {
  const pathOf = (deliveryId: string) => join(directory, `${deliveryId}.eml`);
  return {
    name: 'outbox',
    settleMs: 0,
    async send(mail) {
      try {
        await writeWhole(directory, pathOf(mail.deliveryId), await toMime(mail));
        return { kind: 'sent', providerMessageId: `${mail.deliveryId}.eml` };
      } catch (error) {
        return { kind: 'failed', error: messageOf(error) };
      }
    },
    async find(deliveryId) {
      try {
        await stat(pathOf(deliveryId));
        return { kind: 'found', providerMessageId: `${deliveryId}.eml` };
      } catch (error) {
        return isMissing(error) ? { kind: 'absent' } : { kind: 'unknown', error: messageOf(error) };
      }
    },
  };
}

async function writeWhole(directory: string, path: string, content: Buffer): Promise<void> {
  // What was mailed holds tokens: it is nobody else's to read.
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const draft = join(directory, `.${newId()}.draft`);
  const file = await open(draft, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

function toMime(mail: Mail): Promise<Buffer> {
  const composer = new MailComposer({
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: mail.date,
    newline: 'windows',
    messageId: `<${mail.deliveryId}@outbox>`,
  });
  return composer.compile().build();
}

function isMissing(error: unknown): boolean {
  return Reflect.get(Object(error), 'code') === 'ENOENT';
}

function messageOf(error: unknown): string {
  return String(Reflect.get(Object(error), 'message') ?? error);
}

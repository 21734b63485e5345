import Mailgun from 'mailgun.js';
import { z } from 'zod';
import type { LookupOutcome, Mail, MailProvider, SendOutcome } from './mail-provider.ts';

/** How Mailgun is reached. */
export interface MailgunOptions {
  apiKey: string;
  domain: string;
  /** https://api.mailgun.net unless told; the EU has its own. */
  url?: string | undefined;
  /** 10,000 unless told. */
  timeoutMs?: number;
  /** How long its event log may lag behind what it took; five minutes unless told. */
  settleMs?: number;
}

/**
 * Sends through Mailgun under a Message-Id of our own, which is what a mail of unknown fate is looked up by in
 * Mailgun's event log.
 */
export function createMailgun(options: MailgunOptions): MailProvider {
  const { apiKey, domain, timeoutMs = 10_000, settleMs = 5 * 60_000 } = options;
  const client = new Mailgun(FormData).client({
    username: 'api',
    key: apiKey,
    timeout: timeoutMs,
    ...(options.url && { url: options.url }),
  });
  const messageIdOf = (deliveryId: string) => `${deliveryId}@${domain}`;

  async function send(mail: Mail): Promise<SendOutcome> {
    const messageId = messageIdOf(mail.deliveryId);
    try {
      const result = await within(
        timeoutMs,
        client.messages.create(domain, {
          from: mail.from,
          to: toAddress(mail.to),
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          'h:Message-Id': `<${messageId}>`,
          'h:Date': mail.date.toUTCString(),
          // Its tracking rewrites links and adds a pixel; nobody asked for that.
          'o:tracking': 'no',
        }),
      );
      return { kind: 'sent', providerMessageId: withoutBrackets(result.id ?? messageId) };
    } catch (error) {
      return sendFailure(error);
    }
  }

  async function find(deliveryId: string): Promise<LookupOutcome> {
    const messageId = messageIdOf(deliveryId);
    try {
      // client.events.get is this same request, with a warning on the console that a newer API exists. That one does not
      // say whether it can find a message by its id.
      const query = new URLSearchParams({ 'message-id': messageId, limit: '25' });
      const { body } = await within(timeoutMs, client.request.get(`/v3/${domain}/events?${query}`));
      const { items } = eventsSchema.parse(body);
      if (items.length === 0) return { kind: 'absent' };
      // `rejected` is Mailgun's own refusal after it had answered; any other event means that it took the mail.
      const isTaken = items.some((item) => item.event !== 'rejected');
      return isTaken
        ? { kind: 'found', providerMessageId: messageId }
        : { kind: 'refused', error: 'rejected by Mailgun' };
    } catch (error) {
      return { kind: 'unknown', error: messageOf(error) };
    }
  }

  return { name: 'mailgun', settleMs, send, find };
}

const eventsSchema = z.object({ items: z.array(z.object({ event: z.string() })) });

/** Before a connection stands, nothing can have been taken. */
const neverReached = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * mailgun.js reports a failure of the network as status 400 with the system's error code as the message, so the message
 * is read before the status. What cannot be told for sure counts as unknown: a lookup costs less than a second mail.
 */
function sendFailure(error: unknown): SendOutcome {
  const text = messageOf(error);
  const status = statusOf(error);
  if (text.split(/\W+/).some((word) => neverReached.has(word))) return { kind: 'failed', error: text };
  // An answer of 200 that broke off fails with status 200.
  const isAnswered = status !== undefined && status >= 400 && status < 500 && status !== 408;
  if (!isAnswered || isNetworkFailure(error)) return { kind: 'unknown', error: text };
  // 401, 402, 403, 404 and 429 are about the account, its key or its pace, and not about this mail.
  const isAboutMail = status === 400 || status === 413 || status === 422;
  return { kind: isAboutMail ? 'refused' : 'failed', error: text };
}

function isNetworkFailure(error: unknown): boolean {
  return /^(E[A-Z]+|ERR_[A-Z_]+|UND_[A-Z_]+)$/.test(String(Reflect.get(Object(error), 'message') ?? ''));
}

function statusOf(error: unknown): number | undefined {
  const status: unknown = Reflect.get(Object(error), 'status');
  return typeof status === 'number' ? status : undefined;
}

function messageOf(error: unknown): string {
  const { status, message, details } = Object(error) as { status?: unknown; message?: unknown; details?: unknown };
  return [status, message, details]
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
    .slice(0, 500);
}

/** mailgun.js takes its time-out as one between bytes; this one is for the whole. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('ETIMEDOUT'), { status: undefined })), timeoutMs + 100);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}

/** RFC 5322: a name may be a quoted string, in which a quote and a backslash are escaped. */
function toAddress(to: Mail['to']): string {
  return to.name === '' ? to.address : `"${to.name.replace(/["\\]/g, '\\$&')}" <${to.address}>`;
}

function withoutBrackets(messageId: string): string {
  return messageId.replace(/^<|>$/g, '');
}

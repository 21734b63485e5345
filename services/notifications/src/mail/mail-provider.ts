/** A mail ready to leave. */
export interface Mail {
  /** Ours, and the same in each attempt: by it an earlier attempt is recognised. */
  deliveryId: string;
  from: string;
  to: { name: string; address: string };
  subject: string;
  text: string;
  html: string;
  /** When the delivery was asked for. */
  date: Date;
}

/** What came of handing a mail over. */
export type SendOutcome =
  | { kind: 'sent'; providerMessageId: string }
  /** Not taken, and it never will be. */
  | { kind: 'refused'; error: string }
  /** Not taken; a later attempt may succeed. */
  | { kind: 'failed'; error: string }
  /** It may have been taken: to be looked up before it is sent again. */
  | { kind: 'unknown'; error: string };

/** What the provider knows of a mail that may have been handed over. */
export type LookupOutcome =
  | { kind: 'found'; providerMessageId: string }
  | { kind: 'refused'; error: string }
  | { kind: 'absent' }
  | { kind: 'unknown'; error: string };

/** Whatever carries mail out of the platform. Neither function throws. */
export interface MailProvider {
  name: 'mailgun' | 'outbox';
  /** How long after an attempt a lookup can be trusted when it finds nothing. */
  settleMs: number;
  send(mail: Mail): Promise<SendOutcome>;
  find(deliveryId: string): Promise<LookupOutcome>;
}

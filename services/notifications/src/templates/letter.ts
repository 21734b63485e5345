import { html } from './html.ts';

/** What a mail says, part by part: a paragraph, something to follow, or the bare token for those who call the API. */
export type LetterPart = string | { link: string; label: string } | { token: string };

/** A mail's text in both forms. Every value is escaped where it becomes HTML. */
export function writeLetter(subject: string, parts: readonly LetterPart[]): { text: string; html: string } {
  const all = [...parts, 'The Outlay team'];
  return {
    text: `${all.map(toText).join('\n\n')}\n`,
    html: [
      html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${subject}</title></head>
<body style="margin: 0; padding: 24px; font-family: sans-serif; font-size: 16px; line-height: 1.5; color: #1f2933">`,
      ...all.map(toHtml),
      '</body>\n</html>\n',
    ].join('\n'),
  };
}

/** An instant in words: Thursday, 16 January 2025 at 10:00 UTC. */
export function inWords(instant: Date): string {
  return `${words.format(instant)} UTC`;
}

const words = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

function toText(part: LetterPart): string {
  if (typeof part === 'string') return part;
  return 'link' in part ? part.link : `token: ${part.token}`;
}

function toHtml(part: LetterPart): string {
  if (typeof part === 'string') return html`<p>${part}</p>`;
  if ('token' in part) return html`<p style="font-family: monospace; font-size: 13px">token: ${part.token}</p>`;
  return html`<p><a href="${part.link}">${part.label}</a><br><span style="font-size: 13px">${part.link}</span></p>`;
}

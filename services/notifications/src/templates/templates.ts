import { renderWelcome, welcomeParameters } from './welcome.ts';

/** What a template makes of its parameters. */
export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** Every kind of mail, by the name it has in `deliveries.kind`. Throws ZodError on parameters that are not the template's. */
export const templates = {
  welcome: (parameters: unknown) => renderWelcome(welcomeParameters.parse(parameters)),
} satisfies Record<string, (parameters: unknown) => RenderedMail>;

/** A kind of mail there is a template for. */
export type MailKind = keyof typeof templates;

/** Whether a stored kind is one that this version can render. */
export function isMailKind(kind: string): kind is MailKind {
  return Object.hasOwn(templates, kind);
}

import type { GeneratedRequest } from './requests.ts';

/** The request as a command for a shell, with placeholders as variables: `OUTLAY` is the gateway's address. */
export function toCurl({ method, path, headers, body }: GeneratedRequest): string {
  const named = (text: string) => text.replace(/~~(\w+)-(\d+)~~/g, '\'"$$$1_$2"\'');
  const quoted = (text: string) => `'${named(text.replaceAll("'", "'\\''"))}'`;
  const flags = Object.entries(headers).map(
    ([name, value]) => `-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`,
  );
  const target = `"$OUTLAY"${quoted(path)}`;
  const command = ['curl -i --path-as-is -g -X', method, target, ...flags].join(' ');
  if (body === undefined) return command;
  // printf, since no argument can hold a NUL.
  const octal = (text: string) =>
    text.replace(/[^ -~]|[\\%]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return `printf ${quoted(octal(body))} | ${command} --data-binary @-`;
}

import { isPublic, type Route, takesIdempotencyKey } from '../http/define-route.ts';
import { idNameOf } from './id-names.ts';

/** How to call an operation from a shell and from TypeScript, with its example. */
export function codeSamplesOf(route: Route): { lang: string; label: string; source: string }[] {
  return [
    { lang: 'Shell', label: 'curl', source: curlOf(route) },
    { lang: 'TypeScript', label: '@outlay/client', source: typeScriptOf(route) },
  ];
}

/** `OUTLAY` is where the platform is, `TOKEN` an access token. */
function curlOf(route: Route): string {
  const { body, bodyExample, upload } = route.request ?? {};
  const path = route.path.replaceAll(
    /\{(\w+)\}/g,
    (_whole, name: string) => `$${idNameOf(route.path, name).toUpperCase()}`,
  );
  const query = requiredQueryOf(route).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const parts = [
    `curl -sS${route.method === 'get' ? '' : ` -X ${route.method.toUpperCase()}`} "$OUTLAY/api/v1${path}${query.length > 0 ? `?${query.join('&')}` : ''}"`,
  ];
  if (!isPublic(route)) parts.push('-H "Authorization: Bearer $TOKEN"');
  if (takesIdempotencyKey(route)) parts.push('-H "Idempotency-Key: $(uuidgen)"');
  if (upload) parts.push(`-H 'Content-Type: ${uploadTypeOf(route)}'`, '--data-binary @file.csv');
  if (body)
    parts.push(
      "-H 'Content-Type: application/json'",
      `-d '${JSON.stringify(bodyExample, null, 2).replaceAll("'", "'\\''")}'`,
    );
  return parts.join(' \\\n  ');
}

/** `outlay` is a client of packages/client that has logged in. */
function typeScriptOf(route: Route): string {
  const { body, bodyExample, upload } = route.request ?? {};
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => String(match[1]));
  const query = requiredQueryOf(route).map(([name, value]) => `${name}: '${value}'`);
  const given = [
    names.length > 0 &&
      `path: { ${names.map((name) => `${name}: ${camelCased(idNameOf(route.path, name))}`).join(', ')} }`,
    query.length > 0 && `query: { ${query.join(', ')} }`,
    body && `body: ${literalOf(bodyExample)}`,
    upload && `body: file,\n  contentType: '${uploadTypeOf(route)}'`,
  ].filter(Boolean);
  const init = given.length > 0 ? `, {\n  ${given.join(',\n  ')},\n}` : '';
  return `const { data } = await outlay.${route.method}('${route.path}'${init});`;
}

function requiredQueryOf(route: Route): [string, string][] {
  return Object.entries(route.request?.query?.shape ?? {})
    .filter(([, schema]) => !schema.safeParse(undefined).success)
    .map(([name, schema]) => [name, String(schema.meta()?.examples?.[0] ?? '')]);
}

function uploadTypeOf(route: Route): string {
  return Object.keys(route.request?.upload?.content ?? {})[0] ?? '';
}

/** JSON as one would write it by hand. */
function literalOf(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replaceAll(/^( *)"(\w+)": /gm, '$1$2: ')
    .replaceAll('\n', '\n  ');
}

function camelCased(name: string): string {
  return name.replaceAll(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase());
}

/** A body as fetch takes it: text and bytes as they are, an object that holds a file as a form, all else as JSON. */
export function serializeBody(body: unknown): string | Blob | Uint8Array<ArrayBuffer> | FormData {
  if (typeof body === 'string' || body instanceof Blob || body instanceof FormData) return body;
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>;
  return holdsFile(body) ? toForm(body) : JSON.stringify(body);
}

/** The media type that goes with it; undefined where fetch knows better, such as the boundary of a form. */
export function contentTypeOf(body: unknown): string | undefined {
  if (body === undefined || body instanceof FormData || holdsFile(body)) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return undefined;
  if (body instanceof Blob) return body.type || undefined;
  return 'application/json';
}

function holdsFile(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && Object.values(body).some((value) => value instanceof Blob);
}

function toForm(fields: Record<string, unknown>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) form.append(name, value instanceof Blob ? value : String(value));
  }
  return form;
}

/** The body of a success: JSON parsed, text as text, anything else as a file; undefined where there is none. */
export async function readBody(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  const isText = type.startsWith('text/');
  if (!isText && !/^application\/(?:[\w.-]+\+)?json\b/.test(type)) return type === '' ? undefined : response.blob();
  const text = await response.text();
  if (isText) return text;
  return text === '' ? undefined : JSON.parse(text);
}

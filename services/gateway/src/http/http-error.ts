import { type ErrorCode, errorCodes } from './error-codes.ts';

/** An error that only HTTP knows: wrong method, body too large, media type and the like. All others are DomainErrors. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'HttpError';
    this.status = errorCodes[code].status;
    this.code = code;
    this.headers = headers;
  }
}

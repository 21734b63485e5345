import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { DomainError, type ErrorKind, invalid } from './domain-error.ts';
import { fromGrpcError, isLoggedByPeer, toGrpcStatus } from './grpc-status.ts';
import { parseInput } from './parse-input.ts';
import { decodeRpcStatus, encodeRpcStatus } from './rpc-status.ts';

const detail = fc.record({ field: fc.string(), code: fc.string(), message: fc.string() });
const meta = fc
  .array(
    fc.tuple(
      fc.string().filter((key) => !['kind', '__proto__'].includes(key)),
      fc.string(),
    ),
    { maxLength: 5 },
  )
  .map((entries) => Object.fromEntries(entries));

describe('google.rpc.Status', () => {
  it('is read as it was written', () => {
    const rpcStatus = fc.record({
      code: fc.integer({ min: 0, max: 16 }),
      message: fc.string({ unit: 'grapheme' }),
      reason: fc.string(),
      metadata: meta,
      violations: fc.array(detail, { maxLength: 5 }),
    });
    fc.assert(fc.property(rpcStatus, (value) => expect(decodeRpcStatus(encodeRpcStatus(value))).toEqual(value)));
  });

  it('is written byte for byte as protobuf does', () => {
    const bytes = encodeRpcStatus({
      code: 5,
      message: 'no',
      reason: 'x',
      metadata: { k: 'v' },
      violations: [{ field: 'f', code: 'c', message: 'm' }],
    });
    // What `buf convert` makes of the same message and the public definitions.
    expect(bytes.toString('latin1')).toBe(
      '\x08\x05\x12\x02no' +
        '\x1a\x3f\x0a\x28type.googleapis.com/google.rpc.ErrorInfo\x12\x13\x0a\x01x\x12\x06outlay\x1a\x06\x0a\x01k\x12\x01v' +
        '\x1a\x38\x0a\x29type.googleapis.com/google.rpc.BadRequest\x12\x0b\x0a\x09\x0a\x01f\x12\x01m\x1a\x01c',
    );
  });

  it('survives any bytes', () => {
    const decode = (bytes: Uint8Array) => {
      const metadata = new Metadata();
      metadata.set('grpc-status-details-bin', Buffer.from(bytes));
      const error = Object.assign(new Error('x'), { code: status.NOT_FOUND, details: 'x', metadata });
      return fromGrpcError(error);
    };
    fc.assert(fc.property(fc.uint8Array(), (bytes) => expect(decode(bytes)).toBeInstanceOf(DomainError)));
  });
});

describe('a domain error', () => {
  it('crosses a process border unchanged', () => {
    const kinds: ErrorKind[] = [
      'unreadable',
      'unauthenticated',
      'forbidden',
      'not_found',
      'conflict',
      'invalid',
      'rate_limited',
    ];
    const anyError = fc.record({
      kind: fc.constantFrom(...kinds),
      code: fc.stringMatching(/^[a-z_]{1,30}$/),
      message: fc.string(),
      details: fc.array(detail, { maxLength: 50 }),
      meta,
    });
    fc.assert(
      fc.property(anyError, ({ kind, code, message, details, meta }) => {
        const sent = toGrpcStatus(new DomainError(kind, code, message, { details, meta }));
        const received = fromGrpcError(Object.assign(new Error(sent.details), sent));
        expect(received).toMatchObject({ kind, code, message, details, meta });
      }),
    );
  });

  it('is made of what gRPC itself reports', () => {
    const thrown = (code: status, details: string) =>
      fromGrpcError(Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: new Metadata() }));
    const reset = 'Received RST_STREAM with code 2 triggered by internal client error: read ECONNRESET';
    expect(thrown(status.INTERNAL, reset)).toMatchObject({ kind: 'unavailable' });
    expect(thrown(status.INTERNAL, 'Error deserializing request')).toMatchObject({ kind: 'internal' });
    expect(thrown(status.UNAVAILABLE, 'connect ECONNREFUSED 10.0.0.7:50051')).toMatchObject({
      kind: 'unavailable',
      message: 'A service is not available',
    });
    expect(thrown(status.CANCELLED, 'Call cancelled')).toMatchObject({ kind: 'unavailable' });
    expect(thrown(status.UNIMPLEMENTED, 'x')).toMatchObject({ kind: 'internal' });
  });

  it('is in the log of a peer of ours that has called it internal, and of nobody else', () => {
    const received = (sent: object) => fromGrpcError(Object.assign(new Error('x'), sent));
    const bare = (code: status) => received({ code, details: 'x', metadata: new Metadata() });

    expect(isLoggedByPeer(received(toGrpcStatus(new Error('the cause'))))).toBe(true);
    expect(isLoggedByPeer(received(toGrpcStatus(new DomainError('unavailable', 'away', 'x'))))).toBe(false);
    for (const code of [status.INTERNAL, status.UNIMPLEMENTED]) expect(isLoggedByPeer(bare(code))).toBe(false);
    expect(isLoggedByPeer(new DomainError('internal', 'internal', 'x'))).toBe(false);
    expect(isLoggedByPeer(new Error('x'))).toBe(false);
  });

  it('that is internal hides its message', () => {
    expect(toGrpcStatus(new DomainError('internal', 'secret_code', 'secret text')).details).toBe(
      'Something went wrong',
    );
    expect(toGrpcStatus('thrown text').code).toBe(status.INTERNAL);
  });
});

describe('parsing input', () => {
  const schema = z.strictObject({
    name: z.string().min(1),
    lines: z.array(z.strictObject({ amount: z.number() })),
  });

  it('answers what the schema makes of it', () => {
    expect(parseInput(z.object({ day: z.string().transform((day) => day.length) }), { day: 'abc' })).toEqual({
      day: 3,
    });
  });

  it('throws one detail per wrong field, with its path', () => {
    const parse = () => parseInput(schema, { name: '', lines: [{ amount: 1 }, { amount: 'x', more: 1 }], extra: 1 });
    let thrown: unknown;
    try {
      parse();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ kind: 'invalid', code: 'validation_failed' });
    expect((thrown as DomainError).details.map(({ field, code }) => [field, code])).toEqual([
      ['name', 'too_small'],
      ['lines[1].amount', 'invalid_type'],
      ['lines[1].more', 'unknown_field'],
      ['extra', 'unknown_field'],
    ]);
  });

  it('takes a code of the schema', () => {
    const dated = z.string().refine(() => false, { message: 'is in the past', params: { code: 'in_the_past' } });
    expect(() => parseInput(z.object({ day: dated }), { day: '' })).toThrow(
      expect.objectContaining({ details: [{ field: 'day', code: 'in_the_past', message: 'is in the past' }] }),
    );
  });

  it('names the field in the message when there is one', () => {
    expect(invalid('month', 'invalid_format', 'must be YYYY-MM').message).toBe('month: must be YYYY-MM');
    expect(invalid([]).message).toBe('Some fields are not valid');
  });
});

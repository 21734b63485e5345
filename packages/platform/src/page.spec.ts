import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { runInCallScope } from './context/call-scope.ts';
import { cursorMaxLength, decodeCursor, encodeCursor, parsePage, toPage, toPageInfo } from './page.ts';

const position = z.strictObject({ name: z.string(), id: z.uuid() });
const place = { name: 'Ærø', id: '01980000-0000-7000-8000-000000000001' };

describe('A page request', () => {
  it.each([undefined, { limit: 0, cursor: '' }])('that says nothing is for the first fifty: %j', (page) => {
    expect(parsePage(page, position)).toEqual({ limit: 50, after: undefined });
  });

  it.each([1, 200])('may ask for %d', (limit) => {
    expect(parsePage({ limit, cursor: '' }, position).limit).toBe(limit);
  });

  it.each([-1, 201])('may not ask for %d', (limit) => {
    expect(refusal(limit, '')).toMatchObject({ kind: 'invalid', details: [{ field: 'limit', code: 'out_of_range' }] });
  });

  it('goes on behind the position that its cursor holds', () => {
    expect(parsePage({ limit: 2, cursor: encodeCursor(place) }, position)).toEqual({ limit: 2, after: place });
  });

  it.each([
    ['no JSON', Buffer.from('["",{"name"').toString('base64url')],
    ['no base64', '***'],
    ["another list's position", encodeCursor({ id: place.id })],
    ["another list's position of the same shape", encodeCursor(place, 'ListProjects')],
    ['a position of no list', Buffer.from(JSON.stringify(place)).toString('base64url')],
    ['nothing that is a position', Buffer.from('null').toString('base64url')],
    ['a list alone', Buffer.from('[""]').toString('base64url')],
    ['more than a list and a position', Buffer.from(JSON.stringify(['', place, place])).toString('base64url')],
    ['text that no database takes', encodeCursor({ ...place, name: '\u0000' })],
    ['half a character', Buffer.from(`["",{"name":"\\ud800","id":"${place.id}"}]`).toString('base64url')],
    ['more than a position', encodeCursor({ ...place, tenantId: place.id })],
  ])('is refused where its cursor holds %s', (_what, cursor) => {
    expect(refusal(2, cursor)).toMatchObject({
      kind: 'invalid',
      details: [{ field: 'cursor', code: 'cursor_invalid' }],
    });
  });
});

describe('A cursor', () => {
  const asked = { kind: 'card', from: 5n, page: { limit: 2, cursor: '' } };
  const within = <T>(rpc: string, request: object, work: () => T) => runInCallScope({ rpc, request }, work);
  const { nextCursor } = within('ListAccounts', asked, () => toPageInfo(2, true, place));
  const goOn = () => parsePage({ limit: 2, cursor: nextCursor }, position).after;
  const refused = expect.objectContaining({ kind: 'invalid' });

  it('is one of the list that the RPC being answered reads, and of no other', () => {
    expect(within('ListAccounts', asked, goOn)).toEqual(place);
    expect(() => within('ListProjects', asked, goOn)).toThrow(refused);
    expect(goOn).toThrow(refused);
  });

  it('goes on with what was asked before, but for the page', () => {
    const ask = (different: object) => within('ListAccounts', { ...asked, ...different }, goOn);

    expect(ask({ page: { limit: 50, cursor: nextCursor } })).toEqual(place);
    expect(ask({ text: undefined })).toEqual(place);
    expect(() => ask({ kind: 'bank' })).toThrow(refused);
    expect(() => ask({ kind: undefined })).toThrow(refused);
    expect(() => ask({ from: 6n })).toThrow(refused);
    expect(() => ask({ text: 'a' })).toThrow(refused);
  });
});

describe('A cursor of a long position', () => {
  const withName = (length: number) => encodeCursor({ name: 'x'.repeat(length) });
  const most = (cursorMaxLength * 3) / 4 - Buffer.from(withName(0), 'base64url').length;

  it('is as long as those that take one allow', () => {
    expect(withName(most)).toHaveLength(cursorMaxLength);
  });

  it('is not given out longer than that', () => {
    expect(() => withName(most + 1)).toThrow('is too long');
  });
});

describe('A page', () => {
  const toPlace = (name: string) => ({ name });

  it('leaves out the one that was asked for beyond it, and begins the next behind its own last', () => {
    const { entries, page } = toPage(['a', 'b', 'c'], 2, toPlace);

    expect(entries).toEqual(['a', 'b']);
    expect(page).toEqual({ limit: 2, hasMore: true, nextCursor: expect.any(String) });
    expect(decodeCursor(page.nextCursor)).toEqual({ name: 'b' });
  });

  it.each([[['a', 'b']], [['a']], [[]]])('of all there are has no next: %j', (found: string[]) => {
    expect(toPage(found, 2, toPlace)).toEqual({
      entries: found,
      page: { limit: 2, hasMore: false, nextCursor: '' },
    });
  });

  it('goes on behind what is no last entry as well', () => {
    const { nextCursor } = toPageInfo(2, true, { sequence: 9_007_199_254_740_993n, hash: Buffer.from([0x0f, 0xa0]) });

    expect(decodeCursor(nextCursor)).toEqual({ sequence: '9007199254740993', hash: '0fa0' });
  });
});

function refusal(limit: number, cursor: string): unknown {
  try {
    return parsePage({ limit, cursor }, position);
  } catch (error) {
    return error;
  }
}

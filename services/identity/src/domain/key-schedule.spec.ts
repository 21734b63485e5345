import { describe, expect, it } from '@jest/globals';
import { announcedMs, isPublished, isRotationDue, type KeyTerm, signingKeyOf } from './key-schedule.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const at = (ms: number) => new Date(1_750_000_000_000 + ms);
const key = (kid: string, given: Partial<KeyTerm> = {}): KeyTerm => ({
  kid,
  createdAt: at(0),
  signsFrom: at(0),
  retiredAt: undefined,
  withdrawnAt: undefined,
  ...given,
});

describe('the key to sign with', () => {
  const old = key('old', { retiredAt: at(announcedMs) });
  const next = key('next', { signsFrom: at(announcedMs) });

  it('is the present one until the next one’s time has come', () => {
    expect(signingKeyOf([next, old], at(announcedMs - 1))).toBe(old);
    expect(signingKeyOf([old, next], at(announcedMs))).toBe(next);
  });

  it('is never one that was withdrawn', () => {
    const withdrawn = key('old', { withdrawnAt: at(0), retiredAt: at(0) });
    expect(signingKeyOf([withdrawn, next], at(announcedMs))).toBe(next);
    expect(signingKeyOf([withdrawn], at(1))).toBeUndefined();
  });

  it('is the one that is about to begin where this clock is behind and no other is left', () => {
    const withdrawn = key('old', { withdrawnAt: at(0), retiredAt: at(0) });
    expect(signingKeyOf([withdrawn, next], at(0))).toBe(next);
  });
});

describe('a key is published', () => {
  it('before it signs, while it signs, and until its last token has ended', () => {
    const retired = key('old', { signsFrom: at(announcedMs), retiredAt: at(30 * day) });
    expect(isPublished(retired, at(0))).toBe(true);
    expect(isPublished(retired, at(20 * day))).toBe(true);
    expect(isPublished(retired, at(30 * day + 60 * minute))).toBe(true);
    expect(isPublished(retired, at(30 * day + 62 * minute))).toBe(false);
  });

  it('not a moment longer when it is withdrawn', () => {
    expect(isPublished(key('old', { withdrawnAt: at(0) }), at(0))).toBe(false);
  });
});

describe('another key is due', () => {
  it('when the newest one is so many days old, or will be before the next night', () => {
    const keys = [key('older', { createdAt: at(-90 * day) }), key('newer')];
    expect(isRotationDue(keys, 30, at(29 * day))).toBe(false);
    expect(isRotationDue(keys, 30, at(30 * day - minute))).toBe(true);
    expect(isRotationDue(keys, 30, at(40 * day))).toBe(true);
  });
});

import { describe, expect, it } from '@jest/globals';
import { isStaleTestResource, testResourceName } from './test-resource-name.ts';

describe('testResourceName', () => {
  const now = Date.UTC(2026, 0, 1, 12);
  const hours = (count: number) => count * 60 * 60 * 1000;

  it.each([
    ['a run of a minute ago', testResourceName('ab12', now - 60_000), false],
    ['a run of three hours ago', testResourceName('ab12', now - hours(3)), true],
    ['a template', 'outlay_template_0123456789abcdef', false],
    ['something that is not ours', 'outlay', false],
  ])('tells whether %s may be dropped', (_what, name, stale) => {
    expect(isStaleTestResource(name, now)).toBe(stale);
  });
});

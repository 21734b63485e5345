import { describe, expect, it } from '@jest/globals';
import { createSecretBox } from './secret-box.ts';

const secret = 'a secret of the tests, long enough';

describe('a secret box', () => {
  it('opens what it sealed, and never seals the same twice alike', () => {
    const box = createSecretBox([secret], 'tests');

    const [one, two] = [box.seal('pöst', 'row 1'), box.seal('pöst', 'row 1')];

    expect(box.open(one, 'row 1')).toBe('pöst');
    expect(one.equals(two)).toBe(false);
    expect(one.toString('latin1')).not.toContain('st');
  });

  it.each([
    ['beside another id', () => createSecretBox([secret], 'tests').open(sealed(), 'row 2')],
    ['for another purpose', () => createSecretBox([secret], 'others').open(sealed(), 'row 1')],
    ['under another secret', () => createSecretBox(['another secret'], 'tests').open(sealed(), 'row 1')],
    ['with a bit changed', () => createSecretBox([secret], 'tests').open(flipped(sealed()), 'row 1')],
    ['cut short', () => createSecretBox([secret], 'tests').open(sealed().subarray(0, 20), 'row 1')],
    [
      'of another version',
      () => createSecretBox([secret], 'tests').open(Buffer.concat([Buffer.of(9), sealed()]), 'row 1'),
    ],
  ])('does not open %s', (_case, open) => {
    expect(open).toThrow();
  });

  it('goes on opening what was sealed under the secret before', () => {
    const renewed = createSecretBox(['the next secret', secret], 'tests');

    expect(renewed.open(sealed(), 'row 1')).toBe('text');
    expect(() => createSecretBox([secret], 'tests').open(renewed.seal('text', 'row 1'), 'row 1')).toThrow();
  });

  it('digests alike under one secret only', () => {
    const digest = createSecretBox([secret], 'tests').digest('x');

    expect(createSecretBox([secret], 'tests').digest('x').equals(digest)).toBe(true);
    expect(createSecretBox(['another'], 'tests').digest('x').equals(digest)).toBe(false);
  });
});

function sealed(): Buffer {
  return createSecretBox([secret], 'tests').seal('text', 'row 1');
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}

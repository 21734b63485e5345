import { invalid, preconditionFailed } from '@outlay/platform';

/** A version as a strong entity tag. */
export function toEntityTag(version: bigint): string {
  return `"${version}"`;
}

/**
 * The version that If-Match names; undefined where it is absent or `*`. A tag that was never handed out, weak ones
 * included, cannot match (RFC 9110, section 13.1.1): that is a 412 without asking anyone.
 */
export function readIfMatch(header: string | undefined): bigint | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  if (header.includes(',')) throw invalid('If-Match', 'invalid_format', 'must name one version');
  const version = /^\s*"([1-9]\d{0,17})"\s*$/.exec(header)?.[1];
  if (version === undefined) throw preconditionFailed('version_mismatch', 'If-Match names no version of this');
  return BigInt(version);
}

/** Whether If-None-Match names this version, so that the client need not get it again; never where there is none. */
export function isKnownVersion(header: string | undefined, version: bigint | undefined): boolean {
  if (header === undefined || version === undefined) return false;
  return (
    header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === toEntityTag(version))
  );
}

import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** PEM files for mutual TLS between services. */
export interface TlsFiles {
  /** The authority that signed every service's certificate. */
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

const names = ['GRPC_TLS_CA_FILE', 'GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE'] as const;
const path = z.string().optional();

/** The variables that name the files; keys and certificates themselves do not belong into an environment. */
export const tlsVariables = { GRPC_TLS_CA_FILE: path, GRPC_TLS_CERT_FILE: path, GRPC_TLS_KEY_FILE: path };

/** What is wrong with the variables: all three or none, and each names a file that can be read. */
export function tlsProblems(paths: Readonly<Partial<Record<(typeof names)[number], string>>>): string[] {
  if (names.every((name) => paths[name] === undefined)) return [];
  return names.flatMap((name) => {
    const file = paths[name];
    if (file === undefined) return [`${name}: is needed together with the other GRPC_TLS_ variables`];
    return readable(file) ? [] : [`${name}: names no file that can be read`];
  });
}

/** Reads the files; undefined when none is named. */
export function readTlsFiles(paths: Readonly<Partial<Record<(typeof names)[number], string>>>): TlsFiles | undefined {
  const [ca, cert, key] = names.map((name) => paths[name]);
  if (!ca || !cert || !key) return undefined;
  return { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
}

function readable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

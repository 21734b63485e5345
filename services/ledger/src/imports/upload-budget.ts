import { unavailable } from '@outlay/platform';

/** What one upload holds in memory. */
export interface UploadShare {
  /** Throws unavailable `imports_busy` where it does not fit beside what the others hold. */
  take(bytes: number): void;
  release(): void;
}

/**
 * Bounds what all uploads of a process hold together. Nobody waits: a slow sender would keep the others out, and several
 * that wait for each other's room would wait for ever.
 */
export function createUploadBudget(bytesMax: number): { open(): UploadShare } {
  let used = 0;
  return {
    open() {
      let held = 0;
      return {
        take(bytes) {
          if (used + bytes > bytesMax) throw unavailable('imports_busy', 'Too many files are being taken in just now');
          used += bytes;
          held += bytes;
        },
        release() {
          used -= held;
          held = 0;
        },
      };
    },
  };
}

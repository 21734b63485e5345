import { unavailable } from '@outlay/platform';

/** What one upload holds in memory. */
export interface UploadShare {
  /** Throws unavailable `imports_busy` where it does not fit beside what the others hold. */
  take(bytes: number): void;
  release(): void;
}

/**
 * Bounds what all uploads of a process hold together, and what those of one tenant do, so that others find room however
 * much it sends. Nobody waits: a slow sender would keep the others out, and several that wait for each other's room would
 * wait for ever.
 */
export function createUploadBudget(limits: { bytesMax: number; bytesMaxOfTenant: number }): {
  open(tenantId: string): UploadShare;
} {
  const { bytesMax, bytesMaxOfTenant } = limits;
  const usedBy = new Map<string, number>();
  let used = 0;
  return {
    open(tenantId) {
      let held = 0;
      return {
        take(bytes) {
          const ofTenant = (usedBy.get(tenantId) ?? 0) + bytes;
          if (used + bytes > bytesMax || ofTenant > bytesMaxOfTenant) {
            throw unavailable('imports_busy', 'Too many files are being taken in just now');
          }
          used += bytes;
          held += bytes;
          usedBy.set(tenantId, ofTenant);
        },
        release() {
          const ofOthers = (usedBy.get(tenantId) ?? 0) - held;
          if (ofOthers > 0) usedBy.set(tenantId, ofOthers);
          else usedBy.delete(tenantId);
          used -= held;
          held = 0;
        },
      };
    },
  };
}

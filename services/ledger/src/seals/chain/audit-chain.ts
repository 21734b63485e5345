import type { Chain, Seal } from './seal.ts';

/** What a seal of the audit trail says of its group of entries. */
export interface GroupSubject {
  /** Of each of its entries: UTC with microseconds. */
  readonly recordedAt: string;
  /** Over the ids and the hashes of its entries. */
  readonly groupHash: Buffer;
  /** As the list beside the seal has them, not the seal itself. */
  readonly entryCount: number;
  /** Empty of a group of several. */
  readonly onlyEntryId: string;
}

/** A seal of the audit entries that one statement has written. */
export type AuditSeal = Seal<GroupSubject>;

/** The chain over a tenant's audit trail. The content of a seal is the list of ids and hashes that stands beside it. */
export const auditChain = (tenantId: string): Chain<GroupSubject, GroupSubject> => ({
  tenantId,
  version: 'outlay audit seal 1',
  linesOf: ({ recordedAt, groupHash }) => [recordedAt, groupHash.toString('hex')],
  describe: (group) => group,
  rehash: (subject, { groupHash }) => ({ ...subject, groupHash }),
  nameOf,
  // Whether the entries are what the list says is looked at apart.
  faultOf(seal, list, isWhole) {
    if (!isWhole || list?.groupHash.equals(seal.groupHash)) return undefined;
    const { noun } = nameOf(seal);
    return {
      kind: 'seal_changed',
      detail: `The list of its ${noun}, which stands beside the seal, is not what was sealed: entries may have been changed with it`,
    };
  },
});

const nameOf = ({ onlyEntryId, entryCount, recordedAt }: GroupSubject) => ({
  entryId: onlyEntryId,
  noun: entryCount === 1 ? 'audit entry' : `${entryCount} audit entries of ${recordedAt}`,
});

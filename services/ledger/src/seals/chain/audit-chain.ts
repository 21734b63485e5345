import type { Chain, ContentFault, Seal } from './seal.ts';

/** What a seal of the audit trail says of its group of entries. */
export interface GroupSubject {
  /** Of each of its entries: UTC with microseconds. */
  readonly recordedAt: string;
  /** Over the ids and the hashes of its entries. */
  readonly groupHash: Buffer;
  /** Stands beside the seal, not in its hash. */
  readonly entryCount: number;
  /** By the list beside the seal. Empty of a group of several, and where the list is not what the seal says. */
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
    if (!isWhole) return undefined;
    if (list?.groupHash.equals(seal.groupHash)) return countFault(list, seal);
    const { noun } = nameOf(seal, isWhole);
    return {
      kind: 'seal_changed',
      detail: `The list of its ${noun}, which stands beside the seal, is not what was sealed: entries may have been changed with it`,
    };
  },
});

/** The count is not in the hash of the seal: it is that of the list, which is. */
const countFault = (list: GroupSubject, seal: GroupSubject): ContentFault | undefined =>
  list.entryCount === seal.entryCount
    ? undefined
    : {
        kind: 'seal_changed',
        detail: `The seal is said to be of ${seal.entryCount} entries, and is of ${list.entryCount}`,
      };

const nameOf = ({ onlyEntryId, entryCount, recordedAt }: GroupSubject, isWhole: boolean) => ({
  // Of a seal that is not what its hash was made of, the list may have been made to fit it.
  entryId: isWhole ? onlyEntryId : '',
  noun: entryCount === 1 ? 'audit entry' : `${entryCount} audit entries of ${recordedAt}`,
});

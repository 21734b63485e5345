import { conflict, type DomainError, invalid, notFound, preconditionFailed } from '@outlay/platform';

/** What expenses refer to. */
export type ReferenceKind = 'category' | 'account' | 'project';

/** The same for another tenant's and for none. */
export const referenceNotFound = (kind: ReferenceKind): DomainError =>
  notFound(`${kind}_not_found`, `There is no such ${kind}`);

export const nameTaken = (kind: ReferenceKind): DomainError =>
  conflict('name_taken', `There is ${kind === 'account' ? 'an' : 'a'} ${kind} of this name`);

export const hasChildren = (): DomainError =>
  conflict('category_has_children', 'There are categories beneath it that are not archived');

export const parentArchived = (): DomainError => conflict('parent_archived', 'The category above it is archived');

/** Throws precondition_failed `version_mismatch` where the caller has seen another version; undefined: whichever. */
export function refuseOtherVersion(current: { version: bigint }, seen: bigint | undefined): void {
  if (seen === undefined || seen === current.version) return;
  throw preconditionFailed('version_mismatch', 'It has changed since it was read');
}

/** Why a category cannot stand where it is to stand. */
export type PlaceFault = 'not_found' | 'archived' | 'cycle' | 'too_deep';

const placeFaults: Record<PlaceFault, string> = {
  not_found: 'names nothing that exists',
  archived: 'names a category that is archived',
  cycle: 'is the category itself or one beneath it',
  too_deep: 'would make the tree of categories deeper than 8',
};

export const placeFault = (fault: PlaceFault): DomainError => invalid('parent_id', fault, placeFaults[fault]);

/** A place in a list that is ordered by an instant and then by id. */
export interface PagePosition {
  at: Date;
  id: string;
}

/** How one message turns into ProtoJSON and back. */
export interface EventCodec<T> {
  fromJSON(object: unknown): T;
  toJSON(message: T): unknown;
}

/** What there is to know of one kind of event. */
export interface EventDefinition<T = unknown> {
  /** The service that alone may publish it. */
  readonly owner: 'identity' | 'tenancy-billing' | 'ledger' | 'notifications' | 'reporting';
  /** Full name of the protobuf message that is its data. */
  readonly message: string;
  /** What its `subject` names. */
  readonly subject: string;
  readonly summary: string;
  readonly codec: EventCodec<T>;
  /** A complete instance in ProtoJSON; the contract tests of publishers and consumers use it. */
  readonly example: unknown;
}

/** Keeps what the data of an event is, which EventData reads. */
export const defineEvent = <T>(definition: EventDefinition<T>): EventDefinition<T> => definition;

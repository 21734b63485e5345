import { encodeCursor, runInCallScope } from '@outlay/platform';

/** The cursor that a list gives behind a position, made here; of the request only what its filters are. */
export const cursorOf = (rpc: string, request: object, position: object): string =>
  runInCallScope({ rpc, request }, () => encodeCursor(position));

/** A statement is not what its standard says; the message is for people. */
export class UnreadableStatement extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableStatement';
  }
}

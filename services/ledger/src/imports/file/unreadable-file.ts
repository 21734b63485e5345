/** A file can be read by nobody, or is not worth it; the message is for people. */
export class UnreadableFile extends Error {
  readonly code: 'file_unreadable' | 'too_many_rows';

  constructor(code: UnreadableFile['code'], message: string) {
    super(message);
    this.name = 'UnreadableFile';
    this.code = code;
  }
}

/** Why something that was given is not acceptable; the code is stable. */
export interface Fault {
  code: string;
  message: string;
}

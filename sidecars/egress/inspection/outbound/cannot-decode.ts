// What is thrown where an encoding cannot be taken off.

/** The message is the reason, for people. */
export class CannotDecode extends Error {
  override readonly name = "CannotDecode";
  /** It would become far too large, which says nothing of whether it is valid. */
  readonly isBomb: boolean;

  constructor(message: string, isBomb = false) {
    super(message);
    this.isBomb = isBomb;
  }
}

/** Thrown for a rule that a module breaks; the parent picks the code by the marker. */
export class RuleError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "RuleError";
  }
}

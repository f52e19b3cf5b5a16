package dev.freshet.functions;

/** What a function is registered as (spec 30 §3.1). */
public enum FunctionKind {
  QUERY("Query"),
  MUTATION("Mutation"),
  ACTION("Action");

  private final String wireName;

  FunctionKind(String wireName) {
    this.wireName = wireName;
  }

  /** The name used by the analysis JSON and in messages, e.g. {@code Query}. */
  public String wireName() {
    return wireName;
  }
}

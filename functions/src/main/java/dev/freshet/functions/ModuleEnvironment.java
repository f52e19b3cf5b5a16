package dev.freshet.functions;

/** Where a module runs: in a V8 context, or (directive {@code "use node"}) in Node itself. */
public enum ModuleEnvironment {
  ISOLATE("isolate"),
  NODE("node");

  private final String wireName;

  ModuleEnvironment(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }
}

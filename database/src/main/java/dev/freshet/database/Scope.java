package dev.freshet.database;

/**
 * On whose behalf a transaction, or a nested part of it, works.
 *
 * @param namespace where names and numbers are resolved
 * @param access which tables exist
 */
public record Scope(Namespace namespace, AccessMode access) {
  public static final Scope USER = new Scope(Namespace.ROOT, AccessMode.USER);
  public static final Scope SYSTEM = new Scope(Namespace.ROOT, AccessMode.SYSTEM);
}

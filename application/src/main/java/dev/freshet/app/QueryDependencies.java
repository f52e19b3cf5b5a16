package dev.freshet.app;

/**
 * What a query's result depends on, and since when it is known to hold. Opaque outside this
 * package; immutable.
 */
public final class QueryDependencies {
  QueryDependencies() {}
}

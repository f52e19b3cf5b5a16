package dev.freshet.app;

import dev.freshet.database.ReadSet;

/**
 * What a query's result depends on, and a timestamp at which it is known to hold. Opaque outside
 * this package; immutable.
 */
public final class QueryDependencies {
  private final ReadSet readSet;
  private final long validAt;

  QueryDependencies(ReadSet readSet, long validAt) {
    this.readSet = readSet;
    this.validAt = validAt;
  }

  ReadSet readSet() {
    return readSet;
  }

  long validAt() {
    return validAt;
  }
}

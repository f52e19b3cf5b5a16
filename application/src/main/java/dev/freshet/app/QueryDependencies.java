package dev.freshet.app;

/**
 * What a query's result depends on, and a timestamp at which it is known to hold. Opaque outside
 * this package.
 */
public final class QueryDependencies {
  private final QueryRun run;
  private final QueryRequest request;
  private final long validAt;

  QueryDependencies(QueryRun run, QueryRequest request, long validAt) {
    this.run = run;
    this.request = request;
    this.validAt = validAt;
  }

  QueryRun run() {
    return run;
  }

  QueryRequest request() {
    return request;
  }

  long validAt() {
    return validAt;
  }
}

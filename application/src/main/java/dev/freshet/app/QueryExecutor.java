package dev.freshet.app;

import dev.freshet.app.CursorCodec.Cursor;
import dev.freshet.app.Permits.Permit;
import dev.freshet.app.QueryCache.Served;
import dev.freshet.database.Database;
import dev.freshet.database.ReadSet;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.functions.FunctionKind;
import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import org.jspecify.annotations.Nullable;

/** Answers queries, from the cache where that is possible (spec 40 §8). Thread-safe. */
final class QueryExecutor {
  private final Database database;
  private final CallTree.Services services;
  private final FunctionExecutor executor;
  private final SystemCalls systemCalls;
  private final QueryCache cache;
  private final Permits permits;
  private final Clock clock;

  QueryExecutor(
      Database database,
      CallTree.Services services,
      FunctionExecutor executor,
      SystemCalls systemCalls,
      QueryCache cache,
      Permits permits,
      Clock clock) {
    this.database = database;
    this.services = services;
    this.executor = executor;
    this.systemCalls = systemCalls;
    this.cache = cache;
    this.permits = permits;
    this.clock = clock;
  }

  Served run(QueryRequest request, long timestamp) {
    boolean allVisible = allVisible(request);
    boolean system = request.path().isSystem();
    QueryCache.Key key = key(request, allVisible, system);
    return cache.serve(
        key,
        timestamp,
        () ->
            system
                ? runSystem(request, timestamp)
                : runUser(request, timestamp, (Cursor) key.journal(), allVisible));
  }

  /** What the cache has; runs nothing and does not wait. */
  @Nullable QueryRun find(QueryRequest request, long timestamp) {
    boolean allVisible = allVisible(request);
    return cache.find(key(request, allVisible, request.path().isSystem()), timestamp);
  }

  private QueryCache.Key key(QueryRequest request, boolean allVisible, boolean system) {
    Object journal = system ? request.journal() : previousEnd(request.journal());
    return new QueryCache.Key(
        request.path(), request.args(), allVisible, journal, request.identity().cacheKey());
  }

  private static boolean allVisible(QueryRequest request) {
    return request.context().isInner() || request.identity().may(DeploymentOp.RUN_INTERNAL_QUERIES);
  }

  /** A query that cannot run at all. */
  static QueryRun refused(FreshetException error, long timestamp) {
    return new QueryRun(Execution.refused(error), ReadSet.EMPTY, timestamp, null);
  }

  /** A journal of another instance, or of a format of the past, is as good as none. */
  private @Nullable Cursor previousEnd(@Nullable String journal) {
    try {
      return services.cursors().decodeJournal(journal);
    } catch (FreshetException e) {
      return null;
    }
  }

  private QueryRun runSystem(QueryRequest request, long timestamp) {
    try (Permit _ = request.context().place(permits)) {
      Transaction transaction = database.beginAt(timestamp, TransactionOptions.SYSTEM);
      return systemCalls.query(request, transaction);
    }
  }

  private QueryRun runUser(
      QueryRequest request, long timestamp, @Nullable Cursor previousEnd, boolean allVisible) {
    try (Permit place = request.context().place(permits)) {
      Transaction transaction = database.beginAt(timestamp, TransactionOptions.USER);
      PreFlight.Cleared call;
      try {
        call = clear(request, transaction, allVisible);
      } catch (FreshetException e) {
        if (!e.errorClass().isDeterministicUserError()) {
          throw e;
        }
        return new QueryRun(Execution.refused(e), transaction.readSet(), timestamp, null);
      }
      CallTree tree =
          new CallTree(
              services,
              transaction,
              request.identity(),
              request.context(),
              FunctionKind.QUERY,
              clock.unixMillis(),
              () -> reopen(request, timestamp, allVisible));
      tree.holds(place);
      Execution execution = executor.run(tree, call, previousEnd);
      return new QueryRun(
          execution,
          tree.transaction().readSet(),
          timestamp,
          services.cursors().encodeJournal(execution.endCursor()));
    }
  }

  private PreFlight.Cleared clear(
      QueryRequest request, Transaction transaction, boolean allVisible) {
    return services
        .preFlight()
        .clear(
            transaction,
            request.path(),
            FunctionKind.QUERY,
            request.args(),
            allVisible ? PreFlight.Visibility.ALL : PreFlight.Visibility.PUBLIC);
  }

  /** The same snapshot shows the same modules. */
  private Transaction reopen(QueryRequest request, long timestamp, boolean allVisible) {
    Transaction transaction = database.beginAt(timestamp, TransactionOptions.USER);
    clear(request, transaction, allVisible);
    return transaction;
  }
}

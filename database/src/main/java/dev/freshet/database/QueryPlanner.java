package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.database.QuerySpec.Operator;
import dev.freshet.database.QuerySpec.Source;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Resolves a query's table and index and puts its operators on top (spec 40 §5.2, §6). */
final class QueryPlanner {
  private final Transaction transaction;

  QueryPlanner(Transaction transaction) {
    this.transaction = transaction;
  }

  /** A source that exists: the index and the interval to walk. */
  record Resolved(TableLayout layout, IndexInfo index, KeyRange range, Order order) {}

  /** Null: the table doesn't exist, so there is nothing to walk. */
  @Nullable Resolved resolve(Source source) {
    return switch (source) {
      case Source.FullTableScan(String table, Order order) ->
          resolve(table, IndexInfo.BY_CREATION_TIME, List.of(), order);
      case Source.IndexRange(String table, String index, List<RangeBound> range, Order order) ->
          resolve(table, index, range, order);
      case Source.Search _ -> throw FreshetException.notYetAvailable("Text search");
    };
  }

  private @Nullable Resolved resolve(
      String table, String descriptor, List<RangeBound> range, Order order) {
    TableLayout layout = transaction.layout(table);
    boolean builtIn =
        descriptor.equals(IndexInfo.BY_ID) || descriptor.equals(IndexInfo.BY_CREATION_TIME);
    if (layout == null) {
      if (builtIn) {
        return null;
      }
      throw notFound(table, descriptor);
    }
    if (!builtIn || layout.table().isSystem()) {
      transaction.reads().system(Bootstrap.INDEX_BY_TABLE_ID, layout.indexRows);
    }
    IndexInfo index = layout.enabled(descriptor);
    if (index == null) {
      throw unavailable(layout, table, descriptor);
    }
    return new Resolved(layout, index, IndexRanges.compile(layout, index, range), order);
  }

  private static FreshetException unavailable(TableLayout layout, String table, String descriptor) {
    IndexInfo pending = layout.pending(descriptor);
    String name = "Index " + table + "." + descriptor;
    if (pending == null) {
      return notFound(table, descriptor);
    }
    return pending.staged()
        ? badRequest(
            "IndexStagedError",
            name + " is currently staged and not available to query until it is enabled.")
        : badRequest(
            "IndexBackfillingError",
            name + " is currently backfilling and not available to query yet.");
  }

  private static FreshetException notFound(String table, String descriptor) {
    return badRequest("IndexNotFoundError", "Index " + table + "." + descriptor + " not found.");
  }

  QueryStream stream(QuerySpec spec, @Nullable String clientVersion) {
    Pipeline pipeline = pipeline(spec);
    Resolved source = resolve(spec.source());
    return new QueryStream(
        source == null ? null : rows(source, pipeline.wanted(), clientVersion), pipeline);
  }

  IndexStream rows(Resolved source, long wanted, @Nullable String clientVersion) {
    return IndexStream.of(
        transaction,
        source.layout(),
        source.index(),
        source.range(),
        source.order(),
        wanted,
        transaction.engine().virtual().view(transaction, source.layout().table(), clientVersion));
  }

  Pipeline pipeline(QuerySpec spec) {
    int maximum = transaction.engine().limits().getInt(Limit.MAX_QUERY_OPERATORS);
    if (spec.operators().size() > maximum) {
      throw QueryJson.tooManyOperators(spec.operators().size());
    }
    List<Step> steps = new ArrayList<>();
    for (Operator operator : spec.operators()) {
      steps.add(
          switch (operator) {
            case Operator.Filter(Expression predicate) -> new Step(new Filter(predicate), 0);
            case Operator.Limit(long count) -> new Step(null, count);
          });
    }
    return new Pipeline(steps);
  }

  /** One operator with its state: a filter, or how many rows a limit still lets pass. */
  private static final class Step {
    final @Nullable Filter filter;
    long left;

    Step(@Nullable Filter filter, long left) {
      this.filter = filter;
      this.left = left;
    }
  }

  /** The operators on top of a source. */
  static final class Pipeline {
    private static final long FILTERED_PAGE = 100;
    private static final long[] NO_LIMITS = {};

    private final List<Step> steps;
    private final boolean limited;

    private Pipeline(List<Step> steps) {
      this.steps = steps;
      this.limited = steps.stream().anyMatch(step -> step.filter == null);
    }

    /** How many rows each limit still lets pass; to be restored later. */
    long[] limits() {
      if (!limited) {
        return NO_LIMITS;
      }
      long[] limits = new long[steps.size()];
      for (int i = 0; i < limits.length; i++) {
        limits[i] = steps.get(i).left;
      }
      return limits;
    }

    void restore(long[] limits) {
      for (int i = 0; i < limits.length; i++) {
        steps.get(i).left = limits[i];
      }
    }

    /** How many rows of the source will be needed, as far as that is known; else 0. */
    long wanted() {
      long wanted = Long.MAX_VALUE;
      for (Step step : steps) {
        if (step.filter != null) {
          return FILTERED_PAGE;
        }
        wanted = Math.min(wanted, Math.max(step.left, 1));
      }
      return wanted == Long.MAX_VALUE ? 0 : wanted;
    }

    /** Whether a limit is used up, so that no row can pass any more. */
    boolean isExhausted() {
      for (Step step : steps) {
        if (step.filter == null && step.left == 0) {
          return true;
        }
      }
      return false;
    }

    boolean accepts(Document document) {
      for (Step step : steps) {
        if (step.filter != null) {
          if (!step.filter.accepts(document)) {
            return false;
          }
        } else if (step.left-- == 0) {
          return false;
        }
      }
      return true;
    }

    IndexStream.@Nullable Row next(IndexStream rows) {
      while (!isExhausted()) {
        IndexStream.Row row = rows.next();
        if (row == null || accepts(row.document())) {
          return row;
        }
      }
      return null;
    }

    /** As {@link #next}, but nothing is counted as read. */
    IndexStream.@Nullable Row show(IndexStream rows) {
      while (!isExhausted()) {
        IndexStream.Row row = rows.show();
        if (row == null || accepts(row.document())) {
          return row;
        }
      }
      return null;
    }
  }
}

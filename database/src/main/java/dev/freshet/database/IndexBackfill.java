package dev.freshet.database;

import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.IndexEntry;
import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.Limit;
import dev.freshet.values.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Builds indexes (spec 40 §10.2).
 *
 * <p>Since the commit that created an index every write maintains it: whoever began before that
 * commit and writes to the table conflicts with it. What is missing are the documents that nobody
 * has written since. They are found by a walk that begins after the index's creation, and added
 * only where the revision seen is still the newest; the others are looked at again in their newest
 * state. The walk goes on after a restart behind the last document noted in {@code
 * _index_backfills}: entries written before that note are durable with it.
 *
 * <p>All indexes of a table that start together are built in one walk; several tables are walked at
 * once, so that a large one doesn't hold small ones up. Entries go in small steps with pauses, and
 * not faster than {@code INDEX_BACKFILL_ROWS_PER_SECOND} altogether, so commits wait for one step
 * at most.
 */
final class IndexBackfill implements BackgroundWorker.Task {
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int TABLES_AT_ONCE = 4;
  private static final int STEP_ROWS = 250;

  private final Database database;
  private final Pace pace;
  private final ThreadPoolExecutor builders;

  /** The tables that are being walked. */
  private final Set<InternalId> building = ConcurrentHashMap.newKeySet();

  private final ConcurrentLinkedQueue<RuntimeException> failures = new ConcurrentLinkedQueue<>();

  IndexBackfill(Database database) {
    this.database = database;
    Engine engine = database.engine();
    pace = new Pace(engine.clock(), engine.limits().get(Limit.INDEX_BACKFILL_ROWS_PER_SECOND));
    builders =
        new ThreadPoolExecutor(
            TABLES_AT_ONCE,
            TABLES_AT_ONCE,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("freshet-backfill-", 1).factory());
    builders.allowCoreThreadTimeOut(true);
  }

  @Override
  public long work(BackgroundWorker.Stop stop) {
    RuntimeException failure = failures.poll();
    if (failure != null) {
      throw failure; // to be logged, and tried again after a pause
    }
    for (TableLayout layout : database.catalog().layouts()) {
      InternalId tablet = layout.table().tablet();
      if (!backfilling(layout).isEmpty() && building.add(tablet)) {
        builders.execute(() -> buildBeside(tablet, stop));
      }
    }
    return 0;
  }

  private void buildBeside(InternalId tablet, BackgroundWorker.Stop stop) {
    try {
      TableLayout layout = database.catalog().layout(tablet);
      if (layout != null && !backfilling(layout).isEmpty() && !stop.isRequested()) {
        build(layout, stop);
      }
    } catch (RuntimeException e) {
      if (!stop.isRequested()) {
        failures.add(e);
      }
    } finally {
      building.remove(tablet);
      database.signalWorkers(); // the table may have got another index meanwhile
    }
  }

  @Override
  public void end() {
    builders.close();
  }

  /** Builds what is missing of the system tables' indexes, without which nothing works. */
  static void buildSystemIndexes(Database database) {
    IndexBackfill backfill = new IndexBackfill(database);
    for (TableLayout layout : database.catalog().layouts()) {
      if (layout.table().isSystem() && !backfilling(layout).isEmpty()) {
        backfill.build(layout, () -> false);
      }
    }
    backfill.end();
  }

  private static List<IndexInfo> backfilling(TableLayout layout) {
    return layout.indexes().stream().filter(i -> i.state() == IndexState.BACKFILLING).toList();
  }

  private void build(TableLayout layout, BackgroundWorker.Stop stop) {
    Engine engine = database.engine();
    List<IndexInfo> indexes = backfilling(layout);
    long timestamp = database.latestTimestamp();
    long table = layout.table().storage();
    long total = engine.counts().at(table, timestamp, engine.readers());
    Progress.Backfill resumed = resume(indexes, total);
    InternalId after = resumed.cursor() == null ? null : InternalId.parse(resumed.cursor());
    TableWalk walk = new TableWalk(engine.readers(), table, after);
    long done = resumed.done();
    long reported = engine.clock().monotonicNanos();
    List<DocumentRevision> page = walk.next(database.latestTimestamp());
    while (!page.isEmpty()) {
      if (!stillWanted(layout, indexes)) {
        return;
      }
      for (int from = 0; from < page.size() && !stop.isRequested(); from += STEP_ROWS) {
        List<DocumentRevision> some = page.subList(from, Math.min(page.size(), from + STEP_ROWS));
        for (IndexInfo index : indexes) {
          pace.step(some.size(), stop, () -> add(layout, index, some));
        }
      }
      if (stop.isRequested()) {
        return;
      }
      done += page.size();
      if (engine.clock().monotonicNanos() - reported > PROGRESS_NANOS) {
        reported = engine.clock().monotonicNanos();
        report(indexes, done, total, String.valueOf(walk.last()));
      }
      page = walk.next(database.latestTimestamp());
    }
    finish(layout, indexes);
  }

  /** Whether none of the indexes was dropped meanwhile; else the work starts over without it. */
  private boolean stillWanted(TableLayout layout, List<IndexInfo> indexes) {
    TableLayout now = database.catalog().layout(layout.table().tablet());
    return now != null
        && indexes.stream()
            .allMatch(index -> now.indexes().stream().anyMatch(i -> i.id().equals(index.id())));
  }

  private void add(TableLayout layout, IndexInfo index, List<DocumentRevision> documents) {
    Engine engine = database.engine();
    int place = layout.indexes().indexOf(index);
    long table = layout.table().storage();
    List<DocumentRevision> left = documents;
    while (!left.isEmpty()) {
      List<IndexEntry> entries = new ArrayList<>(left.size());
      for (DocumentRevision document : left) {
        byte[] key = layout.keys(document.value(), document.id())[place];
        entries.add(new IndexEntry(key, document.id(), document.timestamp()));
      }
      List<InternalId> outdated =
          engine.persistence().backfillIndex(index.storage(), table, entries);
      left =
          outdated.isEmpty()
              ? List.of()
              : engine
                  .readers()
                  .read(
                      reader ->
                          outdated.stream()
                              .map(id -> reader.document(table, id, Long.MAX_VALUE))
                              .filter(Objects::nonNull)
                              .toList());
    }
  }

  /** Where to start: behind the noted document if all indexes have come equally far. */
  private Progress.Backfill resume(List<IndexInfo> indexes, long total) {
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    Progress.Backfill common = null;
    boolean same = true;
    for (IndexInfo index : indexes) {
      SystemTable.Row<Progress.Backfill> row = row(transaction, index);
      Progress.Backfill noted =
          row == null ? new Progress.Backfill("", 0, total, null) : row.record();
      same &= common == null || Objects.equals(common.cursor(), noted.cursor());
      common = noted;
    }
    if (common == null || !same || common.cursor() == null) {
      report(indexes, 0, total, null);
      return new Progress.Backfill("", 0, total, null);
    }
    return common;
  }

  private void report(List<IndexInfo> indexes, long done, long total, @Nullable String cursor) {
    database.run(
        "index_worker_backfill_progress",
        transaction -> {
          for (IndexInfo index : indexes) {
            Progress.Backfill record =
                new Progress.Backfill(encode(transaction, index), done, total, cursor);
            SystemTable.Row<Progress.Backfill> row = row(transaction, index);
            if (row == null) {
              Progress.BACKFILLS.insert(transaction, record);
            } else {
              Progress.BACKFILLS.replace(transaction, row.id(), record);
            }
          }
        });
  }

  private void finish(TableLayout layout, List<IndexInfo> indexes) {
    IndexState state = layout.table().isSystem() ? IndexState.ENABLED : IndexState.BACKFILLED;
    database.run(
        "index_worker_finish_backfill",
        transaction -> {
          CatalogWriter writer = new CatalogWriter(transaction);
          TableLayout now = transaction.catalog().layout(layout.table().tablet());
          transaction.reads().system(Bootstrap.INDEX_BY_TABLE_ID, layout.indexRows);
          for (IndexInfo index : indexes) {
            SystemTable.Row<Progress.Backfill> row = row(transaction, index);
            if (row != null) {
              Progress.BACKFILLS.delete(transaction, row.id());
            }
            if (now != null) {
              for (IndexInfo current : now.indexes()) {
                if (current.id().equals(index.id())) {
                  writer.updateIndex(current.withState(state, current.staged()));
                }
              }
            }
          }
        });
  }

  /** What is noted about the building of an index; null if nothing is. */
  static SystemTable.@Nullable Row<Progress.Backfill> row(
      Transaction transaction, IndexInfo index) {
    return Progress.BACKFILLS.first(
        transaction, "by_index_id", Value.of(encode(transaction, index)));
  }

  private static String encode(Transaction transaction, IndexInfo index) {
    TableInfo rows = transaction.catalog().table(Namespace.ROOT, "_index");
    return new DocumentId(rows == null ? 1 : rows.number(), index.id()).encode();
  }
}

package dev.freshet.database;

import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.Persistence;
import dev.freshet.values.Limit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Removes what dropped indexes and tables have left in the persistence (spec 40 §10.7), as soon as
 * no readable snapshot knows them any more.
 *
 * <p>Nothing is noted for it. A dropped index is one that has entries and is in no catalog: at
 * opening the persistence is asked for them, later the catalog's changes tell. A dropped table is a
 * row of {@code _tables} in the state {@code deleting}, which goes when the table is empty. So a
 * crash at any moment leaves nothing behind for ever.
 */
final class Purge implements BackgroundWorker.Task {
  private static final long SHORTEST_WAIT_MILLIS = 50;
  private static final long LONGEST_WAIT_MILLIS = TimeUnit.MINUTES.toMillis(1);
  private static final int WAITS_PER_DELAY = 16;

  private final Database database;
  private final Persistence persistence;
  private final long waitMillis;

  /** The indexes of the catalog, and at first those that have entries. */
  private Set<Long> known = new HashSet<>();

  /** Dropped indexes, each with a snapshot that doesn't know it. */
  private final Map<Long, Long> dropped = new HashMap<>();

  private boolean started;

  Purge(Database database) {
    this.database = database;
    this.persistence = database.engine().persistence();
    long delay = database.engine().limits().get(Limit.INDEX_RETENTION_DELAY);
    waitMillis =
        Math.clamp(
            TimeUnit.SECONDS.toMillis(delay) / WAITS_PER_DELAY,
            SHORTEST_WAIT_MILLIS,
            LONGEST_WAIT_MILLIS);
  }

  @Override
  public long work(BackgroundWorker.Stop stop) {
    if (!started) {
      known.addAll(persistence.indexesWithEntries());
      started = true;
    }
    noteDroppedIndexes();
    boolean waiting = purgeIndexes(stop);
    waiting |= purgeTables(stop);
    return waiting ? waitMillis : 0;
  }

  private void noteDroppedIndexes() {
    Snapshot now = database.snapshot();
    Set<Long> current = new HashSet<>();
    for (TableLayout layout : now.catalog().layouts()) {
      layout.indexes().forEach(index -> current.add(index.storage()));
    }
    for (Long index : known) {
      if (!current.contains(index)) {
        dropped.put(index, now.timestamp());
      }
    }
    // A commit may be in the persistence before its catalog is published.
    current.forEach(dropped::remove);
    known = current;
  }

  private boolean isForgotten(long timestamp) {
    return database.engine().readers().bounds().minSnapshot() >= timestamp;
  }

  /** Returns whether some have to wait. */
  private boolean purgeIndexes(BackgroundWorker.Stop stop) {
    Iterator<Map.Entry<Long, Long>> indexes = dropped.entrySet().iterator();
    while (indexes.hasNext()) {
      Map.Entry<Long, Long> index = indexes.next();
      long number = index.getKey();
      if (isForgotten(index.getValue())
          && Steps.run(
              stop, database.engine().clock(), rows -> persistence.purgeIndex(number, rows))) {
        indexes.remove();
      }
    }
    return !dropped.isEmpty();
  }

  /** Returns whether some have to wait. */
  private boolean purgeTables(BackgroundWorker.Stop stop) {
    List<TableInfo> deleting = database.catalog().tables(TableState.DELETING);
    boolean waiting = false;
    for (TableInfo table : deleting) {
      long number = table.storage();
      if (isForgotten(changed(table))
          && Steps.run(
              stop, database.engine().clock(), rows -> persistence.purgeTable(number, rows))) {
        database.run(
            "cleanup_deleted_tablets",
            transaction -> new CatalogWriter(transaction).forgetTable(table));
      } else {
        waiting = true;
      }
    }
    return waiting;
  }

  /** When the table's row was written last: the commit that dropped it. */
  private long changed(TableInfo table) {
    DocumentRevision row =
        database
            .engine()
            .readers()
            .read(reader -> reader.document(Bootstrap.TABLES, table.tablet(), Long.MAX_VALUE));
    return row == null ? 0 : row.timestamp();
  }
}

package dev.freshet.database;

import dev.freshet.storage.Persistence;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Removes the entries of dropped indexes. They are kept for a while, as transactions that began
 * before still read them; which ones wait is noted durably, so that a restart goes on with them.
 */
final class IndexPurge implements BackgroundWorker.Task {
  private static final String GLOBAL = "indexes_to_purge";
  private static final long DELAY_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final int BATCH = 1000;

  private final Database database;
  private Set<Long> known = new HashSet<>();

  /** Dropped indexes, with the moment from which on they may be purged. */
  private final Map<Long, Long> dropped = new HashMap<>();

  IndexPurge(Database database) {
    this.database = database;
    byte[] stored = database.engine().persistence().global(GLOBAL);
    if (stored != null) {
      ByteBuffer in = ByteBuffer.wrap(stored);
      while (in.hasRemaining()) {
        dropped.put(in.getLong(), database.engine().clock().monotonicNanos());
      }
    }
    known = indexes();
  }

  private Set<Long> indexes() {
    Set<Long> indexes = new HashSet<>();
    for (TableLayout layout : database.catalog().layouts()) {
      layout.indexes().forEach(index -> indexes.add(index.storage()));
    }
    return indexes;
  }

  @Override
  public long work(BackgroundWorker.Stop stop) {
    long now = database.engine().clock().monotonicNanos();
    Set<Long> current = indexes();
    boolean changed = false;
    for (Long index : known) {
      if (!current.contains(index)) {
        dropped.put(index, now + DELAY_NANOS);
        changed = true;
      }
    }
    known = current;
    if (changed) {
      save();
    }
    purge(now, stop);
    return dropped.isEmpty() ? 0 : TimeUnit.NANOSECONDS.toMillis(DELAY_NANOS) + 1;
  }

  private void purge(long now, BackgroundWorker.Stop stop) {
    Persistence persistence = database.engine().persistence();
    Iterator<Map.Entry<Long, Long>> waiting = dropped.entrySet().iterator();
    while (waiting.hasNext()) {
      Map.Entry<Long, Long> index = waiting.next();
      if (index.getValue() - now > 0) {
        continue;
      }
      boolean more = true;
      while (more) {
        if (stop.isRequested()) {
          return;
        }
        more = persistence.purgeIndex(index.getKey(), BATCH);
      }
      waiting.remove();
      save();
    }
  }

  private void save() {
    ByteBuffer out = ByteBuffer.allocate(Long.BYTES * dropped.size());
    dropped.keySet().forEach(out::putLong);
    database.engine().persistence().putGlobal(GLOBAL, out.array());
  }
}

package dev.freshet.database;

import static java.util.Objects.requireNonNull;

import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.TablePage;
import dev.freshet.storage.TableScan;
import dev.freshet.values.InternalId;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How many documents each table has at each recent timestamp (spec 40 §10.4).
 *
 * <p>For every table the running sum of additions and deletions since the database was opened is
 * kept by timestamp, newest first; the number of documents is that sum plus the number at opening.
 * The latter was saved by an orderly {@link #save}. After a crash {@link TableShapes} walks every
 * user table in the background and tells; whoever asks earlier waits for one count of the table.
 * Saving with every commit would cost each of them a row that they all contend for, to spare that.
 * Sums are added by the thread that publishes, in the order of timestamps, before the snapshot they
 * belong to is visible; readers take no lock.
 */
final class TableCounts {
  static final String GLOBAL = "table_counts";
  private static final int PAGE = 1000;
  private static final long PAGE_BYTES = 4L << 20;
  private static final int MAX_SUMS = 1024;

  /** The sum of changes up to and including a timestamp. */
  private static final class Sum {
    final long timestamp;
    final long sum;
    final int depth;
    volatile @Nullable Sum older;

    Sum(long timestamp, long sum, @Nullable Sum older) {
      this.timestamp = timestamp;
      this.sum = sum;
      this.older = older;
      this.depth = older == null ? 1 : older.depth + 1;
    }
  }

  private final long openedAt;
  private final Map<Long, Long> atOpening = new ConcurrentHashMap<>();
  private final Map<Long, Sum> sums = new ConcurrentHashMap<>();

  TableCounts(Persistence persistence, long openedAt) {
    this.openedAt = openedAt;
    byte[] saved = persistence.global(GLOBAL);
    if (saved != null) {
      ByteBuffer in = ByteBuffer.wrap(saved);
      if (in.getLong() == openedAt) {
        while (in.hasRemaining()) {
          atOpening.put(in.getLong(), in.getLong());
        }
      }
    }
  }

  /** A table that didn't exist at opening. */
  void created(long table) {
    atOpening.put(table, 0L);
  }

  void changed(long table, long timestamp, long delta) {
    Sum last = sums.get(table);
    Sum changed = new Sum(timestamp, (last == null ? 0 : last.sum) + delta, last);
    if (changed.depth % MAX_SUMS == 0) {
      cut(changed);
    }
    sums.put(table, changed);
  }

  /** Forgets all but the newest sums; who asks for an older one counts anew. */
  private static void cut(Sum newest) {
    Sum sum = newest;
    for (int i = 0; i < MAX_SUMS && sum != null; i++) {
      sum = sum.older;
    }
    if (sum != null) {
      sum.older = null;
    }
  }

  /** The number of documents at a timestamp that is not before the opening. */
  long at(long table, long timestamp, ReaderPool readers) {
    Sum sum = sums.get(table);
    while (sum != null && sum.timestamp > timestamp) {
      Sum older = sum.older;
      if (older == null && sum.depth > 1) {
        return readers.readAt(timestamp, reader -> scan(reader, table, timestamp));
      }
      sum = older;
    }
    if (timestamp < openedAt) {
      return readers.readAt(timestamp, reader -> scan(reader, table, timestamp));
    }
    long since = sum == null ? 0 : sum.sum;
    Long base = atOpening.get(table);
    if (base == null) {
      base = readers.readAt(timestamp, reader -> scan(reader, table, timestamp)) - since;
      atOpening.put(table, base);
    }
    return base + since;
  }

  /** Takes over a number that somebody counted who walked the table anyway. */
  void known(long table, long timestamp, long documents) {
    Sum sum = sums.get(table);
    while (sum != null && sum.timestamp > timestamp) {
      Sum older = sum.older;
      if (older == null && sum.depth > 1) {
        return; // forgotten
      }
      sum = older;
    }
    atOpening.putIfAbsent(table, documents - (sum == null ? 0 : sum.sum));
  }

  private static long scan(PersistenceReader reader, long table, long timestamp) {
    long count = 0;
    InternalId from = null;
    while (true) {
      TablePage page =
          reader.scanTable(new TableScan(table, from, null, false, PAGE, PAGE_BYTES, timestamp));
      count += page.rows().size();
      if (page.exhausted()) {
        return count;
      }
      from = IndexKeys.idAtOrAbove(IndexKeys.successor(page.rows().getLast().id().toBytes()));
      if (from == null) {
        return count;
      }
    }
  }

  /** Saves what is known, to be used by the next opening if nothing is committed until then. */
  void save(Persistence persistence, long timestamp) {
    Map<Long, Long> known = new HashMap<>(atOpening);
    ByteBuffer out = ByteBuffer.allocate(Long.BYTES * (1 + 2 * known.size()));
    out.putLong(timestamp);
    for (Map.Entry<Long, Long> table : known.entrySet()) {
      Sum sum = sums.get(table.getKey());
      long count = requireNonNull(table.getValue()) + (sum == null ? 0 : sum.sum);
      out.putLong(requireNonNull(table.getKey())).putLong(count);
    }
    persistence.putGlobal(GLOBAL, out.array());
  }
}

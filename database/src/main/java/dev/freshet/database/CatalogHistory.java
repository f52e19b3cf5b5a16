package dev.freshet.database;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The catalog as of any snapshot that retention keeps. The last few are in memory, by the commit
 * that made them, as nearly all reads ask for one of those; an older one is read from the rows it
 * is made of as they were then. Thread-safe.
 */
final class CatalogHistory {
  static final int IN_MEMORY = 64;
  private static final int READ_AGAIN = 8;

  private final ReaderPool readers;
  private final ConcurrentSkipListMap<Long, Catalog> recent = new ConcurrentSkipListMap<>();

  private volatile long earliest;

  /** Those that had to be read, by the snapshot they were read for; guarded by itself. */
  private final LinkedHashMap<Long, Catalog> read = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param timestamp the commit that made the newest catalog, or a later one
   */
  CatalogHistory(ReaderPool readers, long timestamp, Catalog newest) {
    this.readers = readers;
    recent.put(timestamp, newest);
  }

  /**
   * Refuses older snapshots from now on: they lack system tables that everything else takes for
   * granted.
   */
  void beginWith(long timestamp) {
    earliest = timestamp;
  }

  /** Takes over what a commit has made. By the thread that publishes, before it does. */
  void changed(long timestamp, Catalog catalog) {
    recent.put(timestamp, catalog);
    while (recent.size() > IN_MEMORY) {
      recent.pollFirstEntry();
    }
  }

  /**
   * The catalog as of a published timestamp.
   *
   * @throws dev.freshet.values.FreshetException OUT_OF_RETENTION if that snapshot is not kept
   */
  Catalog at(long timestamp) {
    readers.requireRetained(timestamp);
    if (timestamp < earliest) {
      throw ReaderPool.outOfRetention();
    }
    Map.Entry<Long, Catalog> known = recent.floorEntry(timestamp);
    return known != null ? known.getValue() : readAt(timestamp);
  }

  private Catalog readAt(long timestamp) {
    synchronized (read) {
      Catalog known = read.get(timestamp);
      if (known != null) {
        return known;
      }
    }
    Catalog catalog = readers.readAt(timestamp, reader -> Bootstrap.read(reader, timestamp));
    if (catalog.layout(Namespace.ROOT, "_tables") == null) {
      throw ReaderPool.outOfRetention(); // there was no database yet
    }
    synchronized (read) {
      read.put(timestamp, catalog);
      if (read.size() > READ_AGAIN) {
        read.remove(read.firstEntry().getKey());
      }
    }
    return catalog;
  }
}

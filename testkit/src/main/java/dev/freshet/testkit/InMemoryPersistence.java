package dev.freshet.testkit;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.IndexEntry;
import dev.freshet.storage.IndexPage;
import dev.freshet.storage.IndexScan;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.TablePage;
import dev.freshet.storage.TableScan;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@link Persistence} in memory, written for being evidently right: what backends are compared
 * with, and a quick store for tests that need no disk. Keeps every revision until {@link #retain}.
 * Thread-safe; nothing survives {@link #close}.
 */
public final class InMemoryPersistence implements Persistence {
  private record DocumentKey(long table, InternalId id) {}

  /** An entry's stay: present for snapshots from {@code since} on, before {@code until}. */
  private record Stay(long since, long until, long table, InternalId id) {
    boolean at(long timestamp) {
      return since <= timestamp && (timestamp < until || until == STILL);
    }
  }

  private static final long STILL = Long.MAX_VALUE;

  /** Revisions of each document by timestamp; an empty array is a deletion. */
  private final Map<DocumentKey, TreeMap<Long, byte[]>> documents = new HashMap<>();

  private final Map<Long, TreeMap<InternalId, DocumentKey>> tables = new HashMap<>();
  private final Map<Long, TreeMap<byte[], List<Stay>>> indexes = new HashMap<>();
  private final Map<String, byte[]> globals = new HashMap<>();
  private long maxTimestamp;
  private RetentionBounds retained = RetentionBounds.NONE;

  @Override
  public synchronized boolean isFresh() {
    return maxTimestamp == 0;
  }

  @Override
  public synchronized long maxTimestamp() {
    return maxTimestamp;
  }

  @Override
  public synchronized void commit(List<CommitRecord> group) {
    check(group);
    for (CommitRecord record : group) {
      for (DocumentWrite write : record.documents()) {
        DocumentKey key = new DocumentKey(write.table(), write.id());
        byte[] value = write.value();
        documents
            .computeIfAbsent(key, any -> new TreeMap<>())
            .put(record.timestamp(), value == null ? new byte[0] : value);
        tables.computeIfAbsent(write.table(), any -> new TreeMap<>()).put(write.id(), key);
      }
      for (IndexWrite write : record.indexes()) {
        if (write.present()) {
          stays(write.index(), write.key())
              .add(new Stay(record.timestamp(), STILL, write.table(), write.id()));
        } else {
          stays(write.index(), write.key())
              .replaceAll(
                  stay ->
                      stay.until() == STILL
                          ? new Stay(stay.since(), record.timestamp(), stay.table(), stay.id())
                          : stay);
        }
      }
      maxTimestamp = record.timestamp();
    }
  }

  /** Refuses what a backend must refuse, before anything is written. */
  private void check(List<CommitRecord> group) {
    long previous = maxTimestamp;
    Map<DocumentKey, Long> newest = new HashMap<>();
    for (CommitRecord record : group) {
      require(record.timestamp() > previous, "Commits out of order");
      previous = record.timestamp();
      for (DocumentWrite write : record.documents()) {
        DocumentKey key = new DocumentKey(write.table(), write.id());
        long expected = newest.computeIfAbsent(key, this::newestTimestamp);
        require(write.previousTimestamp() == expected, "Update of another revision");
        require(expected != 0 || write.value() != null, "Deletion of nothing");
        newest.put(key, write.value() == null ? 0 : record.timestamp());
      }
      for (IndexWrite write : record.indexes()) {
        require(
            !write.present()
                || record.documents().stream()
                    .anyMatch(d -> d.table() == write.table() && d.id().equals(write.id())),
            "An entry for a document that isn't written");
      }
    }
  }

  private static void require(boolean condition, String failure) {
    if (!condition) {
      throw FreshetException.internal(failure, null);
    }
  }

  /** When the newest revision was written; 0 if there is none or it is a deletion. */
  private long newestTimestamp(DocumentKey key) {
    TreeMap<Long, byte[]> revisions = documents.get(key);
    return revisions == null || revisions.lastEntry().getValue().length == 0
        ? 0
        : revisions.lastKey();
  }

  private List<Stay> stays(long index, byte[] key) {
    return indexes
        .computeIfAbsent(index, any -> new TreeMap<>(Arrays::compareUnsigned))
        .computeIfAbsent(key, any -> new ArrayList<>());
  }

  @Override
  public synchronized List<InternalId> backfillIndex(
      long index, long table, List<IndexEntry> entries) {
    List<InternalId> outdated = new ArrayList<>();
    for (IndexEntry entry : entries) {
      if (newestTimestamp(new DocumentKey(table, entry.id())) != entry.sinceTimestamp()) {
        outdated.add(entry.id());
        continue;
      }
      List<Stay> stays = stays(index, entry.key());
      if (stays.stream().noneMatch(stay -> stay.until() == STILL)) {
        stays.add(new Stay(entry.sinceTimestamp(), STILL, table, entry.id()));
      }
    }
    return outdated;
  }

  @Override
  public synchronized boolean purgeIndex(long index, int atMost) {
    indexes.remove(index);
    return false;
  }

  @Override
  public synchronized boolean purgeTable(long table, int atMost) {
    tables.remove(table);
    documents.keySet().removeIf(key -> key.table() == table);
    return false;
  }

  @Override
  public synchronized boolean retain(RetentionBounds bounds, int atMost) {
    retained = retained.and(bounds);
    for (TreeMap<Long, byte[]> revisions : documents.values()) {
      Long kept = revisions.floorKey(bounds.minRevision());
      if (kept != null) {
        revisions.headMap(kept).clear();
      }
    }
    for (TreeMap<byte[], List<Stay>> entries : indexes.values()) {
      entries
          .values()
          .forEach(stays -> stays.removeIf(stay -> stay.until() <= bounds.minSnapshot()));
    }
    return false;
  }

  @Override
  public synchronized RetentionBounds retained() {
    return retained;
  }

  @Override
  public synchronized List<Long> indexesWithEntries() {
    return indexes.entrySet().stream()
        .filter(index -> index.getValue().values().stream().anyMatch(stays -> !stays.isEmpty()))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  @Override
  public synchronized byte @Nullable [] global(String name) {
    return globals.get(name);
  }

  @Override
  public synchronized void putGlobal(String name, byte[] value) {
    globals.put(name, value.clone());
  }

  @Override
  public PersistenceReader newReader() {
    return new Reader();
  }

  @Override
  public void close() {}

  private synchronized @Nullable DocumentRevision revision(DocumentKey key, long atTimestamp) {
    TreeMap<Long, byte[]> revisions = documents.get(key);
    Map.Entry<Long, byte[]> found = revisions == null ? null : revisions.floorEntry(atTimestamp);
    return found == null || found.getValue().length == 0
        ? null
        : new DocumentRevision(key.id(), found.getKey(), found.getValue());
  }

  private synchronized IndexPage page(IndexScan scan) {
    List<IndexPage.Row> rows = new ArrayList<>();
    long bytes = 0;
    TreeMap<byte[], List<Stay>> index = indexes.get(scan.index());
    NavigableMap<byte[], List<Stay>> interval =
        index == null ? Collections.emptyNavigableMap() : interval(index, scan.start(), scan.end());
    for (var entry : (scan.descending() ? interval.descendingMap() : interval).entrySet()) {
      for (Stay stay : entry.getValue()) {
        DocumentRevision document =
            stay.at(scan.atTimestamp())
                ? revision(new DocumentKey(stay.table(), stay.id()), scan.atTimestamp())
                : null;
        if (document == null) {
          continue;
        }
        if (rows.size() >= scan.maxRows() || bytes >= scan.maxBytes()) {
          return new IndexPage(rows, false);
        }
        rows.add(new IndexPage.Row(entry.getKey(), document));
        bytes += document.value().length;
      }
    }
    return new IndexPage(rows, true);
  }

  private synchronized TablePage page(TableScan scan) {
    List<DocumentRevision> rows = new ArrayList<>();
    long bytes = 0;
    TreeMap<InternalId, DocumentKey> table = tables.getOrDefault(scan.table(), new TreeMap<>());
    NavigableMap<InternalId, DocumentKey> interval = interval(table, scan.start(), scan.end());
    for (DocumentKey key : (scan.descending() ? interval.descendingMap() : interval).values()) {
      DocumentRevision document = revision(key, scan.atTimestamp());
      if (document == null) {
        continue;
      }
      if (rows.size() >= scan.maxRows() || bytes >= scan.maxBytes()) {
        return new TablePage(rows, false);
      }
      rows.add(document);
      bytes += document.value().length;
    }
    return new TablePage(rows, true);
  }

  private static <K, V> NavigableMap<K, V> interval(
      NavigableMap<K, V> map, @Nullable K start, @Nullable K end) {
    NavigableMap<K, V> head = end == null ? map : map.headMap(end, false);
    if (start == null) {
      return head;
    }
    return head.ceilingKey(start) == null
        ? Collections.emptyNavigableMap()
        : head.tailMap(start, true);
  }

  private final class Reader implements PersistenceReader {
    @Override
    public @Nullable DocumentRevision document(long table, InternalId id, long atTimestamp) {
      return revision(new DocumentKey(table, id), atTimestamp);
    }

    @Override
    public IndexPage scan(IndexScan scan) {
      return page(scan);
    }

    @Override
    public TablePage scanTable(TableScan scan) {
      return page(scan);
    }

    @Override
    public void close() {}
  }
}

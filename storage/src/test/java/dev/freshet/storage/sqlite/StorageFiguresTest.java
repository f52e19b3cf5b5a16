package dev.freshet.storage.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.storage.IndexPage;
import dev.freshet.storage.IndexScan;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.values.InternalId;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prints what storage costs with a million documents and two indexes; asserts nothing about time.
 */
@Tag("long")
final class StorageFiguresTest {
  private static final int DOCUMENTS = Integer.getInteger("figures.documents", 1_000_000);
  private static final int DOCUMENT_BYTES = 200;
  private static final int READS = 100_000;
  private static final int GROUPS = 300;
  private static final int GROUP = 64;
  private static final long TABLE = 1;
  private static final long BY_CREATION = 1;
  private static final long BY_NUMBER = 2;

  private final Random random = new Random(1);
  private final InternalId[] ids = new InternalId[DOCUMENTS];
  private final long[] written = new long[DOCUMENTS];
  private long timestamp;

  @TempDir private Path directory;

  @Test
  void printsFigures() throws Exception {
    Path file = directory.resolve("db.sqlite3");
    try (SqlitePersistence persistence = SqlitePersistence.open(file)) {
      fill(persistence);
      print("file after filling, MB", Files.size(file) / 1e6);
      readAlone(persistence);
      commitGroups(persistence, 1, "commit of 1 transfer, ms");
      commitGroups(persistence, GROUP, "group commit of 64 transfers, ms");
      commitUnderReads(persistence);
      print("write-ahead log, MB", Files.size(Path.of(file + "-wal")) / 1e6);
      retain(persistence);
    }
    try (SqlitePersistence persistence = SqlitePersistence.open(file)) {
      assertThat(persistence.maxTimestamp()).isEqualTo(timestamp);
    }
  }

  private void fill(SqlitePersistence persistence) {
    long start = System.nanoTime();
    for (int i = 0; i < DOCUMENTS; ) {
      List<DocumentWrite> documents = new ArrayList<>();
      List<IndexWrite> entries = new ArrayList<>();
      timestamp++;
      for (int end = Math.min(DOCUMENTS, i + 5000); i < end; i++) {
        ids[i] = InternalId.random(random, 0);
        written[i] = timestamp;
        documents.add(new DocumentWrite(TABLE, ids[i], 0, value()));
        entries.add(new IndexWrite(BY_CREATION, TABLE, key(i, ids[i]), ids[i], true));
        entries.add(
            new IndexWrite(BY_NUMBER, TABLE, key(Integer.reverse(i), ids[i]), ids[i], true));
      }
      persistence.commit(List.of(new CommitRecord(timestamp, documents, entries)));
    }
    print("insert, µs per document with 2 entries", (System.nanoTime() - start) / 1e3 / DOCUMENTS);
  }

  private void readAlone(SqlitePersistence persistence) {
    try (PersistenceReader reader = persistence.newReader()) {
      for (int round = 0; round < 2; round++) {
        boolean shown = round == 1;
        report(shown, "point read, µs", READS, () -> point(reader));
        report(shown, "first() of an index, µs", READS, () -> first(reader, false));
        report(shown, "last() of an index, µs", READS, () -> first(reader, true));
        report(shown, "unique() by index, µs", READS, () -> unique(reader));
        report(
            shown,
            "page of 100 in order of creation, µs",
            READS / 100,
            () -> page(reader, BY_CREATION));
        report(
            shown, "page of 100 in random order, µs", READS / 100, () -> page(reader, BY_NUMBER));
      }
    }
  }

  private void report(boolean shown, String what, int times, Runnable work) {
    long start = System.nanoTime();
    long startProcessor = processorNanos();
    for (int i = 0; i < times; i++) {
      work.run();
    }
    if (shown) {
      print(what, (System.nanoTime() - start) / 1e3 / times);
      print("  of that on the processor", (processorNanos() - startProcessor) / 1e3 / times);
    }
  }

  private void point(PersistenceReader reader) {
    assertThat(reader.document(TABLE, ids[random.nextInt(DOCUMENTS)], timestamp) != null).isTrue();
  }

  private void first(PersistenceReader reader, boolean descending) {
    IndexPage page =
        reader.scan(
            new IndexScan(
                BY_CREATION, TABLE, new byte[0], null, descending, 1, Long.MAX_VALUE, timestamp));
    if (page.rows().size() != 1) {
      throw new AssertionError();
    }
  }

  private void unique(PersistenceReader reader) {
    int i = random.nextInt(DOCUMENTS);
    byte[] prefix = Arrays.copyOf(key(Integer.reverse(i), ids[i]), 4);
    byte[] end = prefix.clone();
    for (int at = end.length - 1; at >= 0 && ++end[at] == 0; at--) {}
    IndexPage page =
        reader.scan(
            new IndexScan(BY_NUMBER, TABLE, prefix, end, false, 2, Long.MAX_VALUE, timestamp));
    if (page.rows().size() != 1) {
      throw new AssertionError(page.rows().size());
    }
  }

  private void page(PersistenceReader reader, long index) {
    byte[] start =
        key(
            index == BY_CREATION ? random.nextInt(DOCUMENTS - 100) : random.nextInt() >>> 1,
            ids[0]);
    reader.scan(new IndexScan(index, TABLE, start, null, false, 100, Long.MAX_VALUE, timestamp));
  }

  /** Groups of the benchmark's transaction: two documents change, no key does. */
  private void commitGroups(SqlitePersistence persistence, int size, String what) {
    long[] nanos = new long[GROUPS];
    long startProcessor = processorNanos();
    for (int i = 0; i < GROUPS; i++) {
      List<CommitRecord> group = group(size);
      long start = System.nanoTime();
      persistence.commit(group);
      nanos[i] = System.nanoTime() - start;
    }
    double processor = (processorNanos() - startProcessor) / 1e6 / GROUPS;
    double mean = Arrays.stream(nanos).average().orElseThrow() / 1e6;
    Arrays.sort(nanos);
    print(what + " (mean)", mean);
    print(what + " (p50)", nanos[GROUPS / 2] / 1e6);
    print(what + " (p99)", nanos[GROUPS * 99 / 100] / 1e6);
    print("  of that on the processor (mean)", processor);
    print("  is commits/s", size * 1e3 / mean);
  }

  private List<CommitRecord> group(int size) {
    List<CommitRecord> group = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      timestamp++;
      int a = random.nextInt(DOCUMENTS);
      int b = (a + 1 + random.nextInt(DOCUMENTS - 1)) % DOCUMENTS;
      group.add(new CommitRecord(timestamp, List.of(update(a), update(b)), List.of()));
    }
    return group;
  }

  private DocumentWrite update(int i) {
    DocumentWrite write = new DocumentWrite(TABLE, ids[i], written[i], value());
    written[i] = timestamp;
    return write;
  }

  private void commitUnderReads(SqlitePersistence persistence) throws InterruptedException {
    AtomicBoolean done = new AtomicBoolean();
    long[] reads = new long[2];
    Thread reading =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (PersistenceReader reader = persistence.newReader()) {
                    Random own = new Random(2);
                    long start = processorNanos();
                    while (!done.get()) {
                      int i = own.nextInt(DOCUMENTS);
                      byte[] prefix = Arrays.copyOf(key(Integer.reverse(i), ids[i]), 4);
                      reader.scan(
                          new IndexScan(
                              BY_NUMBER,
                              TABLE,
                              prefix,
                              null,
                              false,
                              1,
                              Long.MAX_VALUE,
                              persistence.maxTimestamp()));
                      reads[0]++;
                    }
                    reads[1] = processorNanos() - start;
                  }
                });
    commitGroups(persistence, GROUP, "the same beside a reader, ms");
    done.set(true);
    reading.join();
    print("read of one row beside those commits, processor µs", reads[1] / 1e3 / reads[0]);
  }

  private void retain(SqlitePersistence persistence) {
    long start = System.nanoTime();
    int batches = 1;
    while (persistence.retain(RetentionBounds.at(timestamp), 1000)) {
      batches++;
    }
    print("retention, ms per 1000 rows", (System.nanoTime() - start) / 1e6 / batches);
  }

  private static long processorNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private byte[] value() {
    byte[] value = new byte[DOCUMENT_BYTES];
    random.nextBytes(value);
    return value;
  }

  private static byte[] key(int number, InternalId id) {
    return ByteBuffer.allocate(20).putInt(number).putLong(id.high()).putLong(id.low()).array();
  }

  @SuppressWarnings("SystemOut") // figures are what this test is for
  private static void print(String what, double figure) {
    System.out.println(String.format(Locale.ROOT, "%-50s %12.3f", what, figure));
  }
}

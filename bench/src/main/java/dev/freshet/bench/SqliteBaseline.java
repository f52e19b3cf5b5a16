package dev.freshet.bench;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.InternalId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What the store alone can do: transactions that replace two documents each, made durable (WAL,
 * synchronous=FULL) one by one and 64 at a time.
 */
final class SqliteBaseline {
  private static final int DOCUMENTS = 100_000;
  private static final int SEED_BATCH = 10_000;
  private static final int GROUP = 64;
  private static final long TABLE = 1;
  private static final byte[] VALUE = new byte[150];

  private final Persistence persistence;
  private final SplittableRandom random = new SplittableRandom(1);
  private final long[] written = new long[DOCUMENTS];
  private long timestamp = 1;

  private SqliteBaseline(Persistence persistence) {
    this.persistence = persistence;
  }

  static void measure(Path directory, Duration duration, Report report) {
    try (Persistence persistence = SqlitePersistence.open(directory.resolve("db.sqlite3"))) {
      SqliteBaseline baseline = new SqliteBaseline(persistence);
      baseline.seed();
      baseline.run("bare SQLite commits, one by one", 1, duration.dividedBy(3), report);
      baseline.run("bare SQLite commits, 64 at a time", GROUP, duration.dividedBy(3), report);
    }
  }

  private void seed() {
    for (int from = 0; from < DOCUMENTS; from += SEED_BATCH) {
      List<DocumentWrite> writes = new ArrayList<>();
      for (int i = from; i < from + SEED_BATCH; i++) {
        writes.add(new DocumentWrite(TABLE, id(i), 0, VALUE));
        written[i] = timestamp;
      }
      persistence.commit(List.of(new CommitRecord(timestamp++, writes, List.of())));
    }
  }

  private void run(String name, int group, Duration duration, Report report) {
    long end = System.nanoTime() + duration.toNanos();
    List<Long> latencies = new ArrayList<>();
    long begun = System.nanoTime();
    long now = begun;
    while (now < end) {
      List<CommitRecord> records = new ArrayList<>(group);
      for (int i = 0; i < group; i++) {
        records.add(transfer());
      }
      persistence.commit(records);
      long done = System.nanoTime();
      latencies.add(done - now);
      now = done;
    }
    long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
    report.add(
        name,
        sorted.length * (double) group / ((now - begun) / 1e9),
        at(sorted, 0.5),
        at(sorted, 0.99));
  }

  private static double at(long[] sorted, double fraction) {
    return sorted[(int) (sorted.length * fraction)] / 1e6;
  }

  private CommitRecord transfer() {
    int a = random.nextInt(DOCUMENTS);
    int b = (a + 1 + random.nextInt(DOCUMENTS - 1)) % DOCUMENTS;
    long at = timestamp++;
    CommitRecord record = new CommitRecord(at, Arrays.asList(write(a), write(b)), List.of());
    written[a] = at;
    written[b] = at;
    return record;
  }

  private DocumentWrite write(int document) {
    return new DocumentWrite(TABLE, id(document), written[document], VALUE);
  }

  /** Spread over the key space, as random ids are. */
  private static InternalId id(int document) {
    return new InternalId(document * 0x9E3779B97F4A7C15L, document);
  }
}

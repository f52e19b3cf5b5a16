package dev.freshet.bench;

import dev.freshet.bench.Report.Measure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Many documents, a few of which are updated again and again: what old revisions cost reads, and
 * what they leave on the disk. The database alone, without functions.
 *
 * <p>Documents come in groups of ten with an index on (group, n). An update changes n of one
 * document of a hot group, and with it the document's place in the index. First all history is kept
 * and hot and cold groups are read; then the database is opened again with a retention of a few
 * seconds, and updated in further rounds, each of which ends when its history is gone.
 */
final class HotHistoryBench implements Benchmark {
  private static final int DOCUMENTS = 1_000_000;
  private static final int HOT_DOCUMENTS = 1000;
  private static final int UPDATES_OF_EACH = 200;
  private static final int CLIENTS = 16;
  private static final int ROUNDS = 4;
  private static final int READS = 5000;
  private static final long KEEP_ALL_SECONDS = TimeUnit.DAYS.toSeconds(1);
  private static final long KEEP_LITTLE_SECONDS = 5;
  private static final double MEGABYTE = 1e6;

  @Override
  public void run(Setting setting, Report report) throws IOException, InterruptedException {
    Path file = Files.createDirectory(setting.directory().resolve("hot")).resolve("db.sqlite3");
    int documents = setting.sizeOr(DOCUMENTS);
    int clients = setting.clientsOr(CLIENTS);
    try (HotDocuments hot = HotDocuments.open(file, documents, HOT_DOCUMENTS, KEEP_ALL_SECONDS)) {
      hot.seed();
      size("size: " + documents + " documents", file, report);
      long[] updates = hot.update(UPDATES_OF_EACH, clients);
      latency("update, nothing forgotten", updates, report);
      size("size: all history kept", file, report);
      reads(hot, report);
    }
    try (HotDocuments hot =
        HotDocuments.open(file, documents, HOT_DOCUMENTS, KEEP_LITTLE_SECONDS)) {
      hot.find();
      for (int round = 1; round <= ROUNDS; round++) {
        long[] updates = hot.update(UPDATES_OF_EACH, clients);
        latency("update, while retention follows, round " + round, updates, report);
        hot.awaitForgotten(file);
        size("size: after round " + round + " and its retention", file, report);
      }
      reads(hot, "after retention, ", report);
    }
  }

  private static void reads(HotDocuments hot, Report report) {
    reads(hot, "", report);
  }

  private static void reads(HotDocuments hot, String when, Report report) {
    hot.read(READS, 1); // warm
    for (int rows : new int[] {1, 10}) {
      long[][] nanos = hot.read(READS, rows);
      String what = when + (rows == 1 ? ".first()" : "take(" + rows + ")");
      double cold = micros(nanos[0], 0.5);
      double hotMicros = micros(nanos[1], 0.5);
      report.add(
          what,
          Report.DURABLE,
          List.of(
              new Measure("cold p50 µs", cold, 1),
              new Measure("hot p50 µs", hotMicros, 1),
              new Measure("cold p99 µs", micros(nanos[0], 0.99), 1),
              new Measure("hot p99 µs", micros(nanos[1], 0.99), 1),
              new Measure("hot/cold", hotMicros / cold, 2)));
    }
  }

  private static void latency(String what, long[] nanos, Report report) {
    double seconds = nanos[nanos.length - 1] / 1e9; // see HotDocuments.update
    long[] latencies = Arrays.copyOf(nanos, nanos.length - 1);
    report.add(
        what,
        Report.DURABLE,
        List.of(
            new Measure("per second", latencies.length / seconds, 0),
            new Measure("p50 ms", micros(latencies, 0.5) / 1000, 1),
            new Measure("p99 ms", micros(latencies, 0.99) / 1000, 1),
            new Measure("max ms", micros(latencies, 1) / 1000, 1)));
  }

  private static double micros(long[] nanos, double fraction) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.min(sorted.length - 1, sorted.length * fraction)] / 1000.0;
  }

  private static void size(String when, Path file, Report report) throws IOException {
    HotDocuments.Pages pages = HotDocuments.pages(file);
    report.add(
        when,
        Report.DURABLE,
        List.of(
            new Measure("file MB", Files.size(file) / MEGABYTE, 0),
            new Measure("free MB", pages.free() / MEGABYTE, 0),
            new Measure("historic rows", pages.historicRows(), 0)));
  }
}

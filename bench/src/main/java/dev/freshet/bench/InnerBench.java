package dev.freshet.bench;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The inner parts of the hot paths, one by one, with JMH: each in a process of its own, 3 s of
 * warm-up and 5 s measured. The classes measured are not public, so what measures them lies in
 * their packages.
 */
final class InnerBench implements Benchmark {
  private static final int WARM_UPS = 3;
  private static final int MEASUREMENTS = 5;

  /** A row and the method that measures it. */
  private record Part(String row, String method) {}

  private static final List<Part> PARTS =
      List.of(
          new Part("id: to text", "values.ValuesInner.encodeId"),
          new Part("id: to bytes in a buffer", "values.ValuesInner.encodeIdIntoBuffer"),
          new Part("id: from text", "values.ValuesInner.decodeId"),
          new Part("value: parse 300 B of JSON, checked", "values.ValuesInner.parse"),
          new Part("value: parse 300 B stored", "values.ValuesInner.parseStored"),
          new Part("value: write 300 B of JSON", "values.ValuesInner.write"),
          new Part("value: write 300 B into a buffer", "values.ValuesInner.writeIntoBuffer"),
          new Part("value: size of 300 B stored", "values.ValuesInner.sizeOfStored"),
          new Part("document: 300 B stored to V8", "functions.RunnerInner.answerWithDocument"),
          new Part("document: 300 B stored to index key", "database.KeysInner.keysOfStored"),
          new Part("document: patch of 1 KB stored", "database.KeysInner.patchStored"),
          new Part("read set: contains, 16 intervals", "database.ReadsInner.readSetContains"),
          new Part("read set: add an interval", "database.ReadsInner.addInterval"),
          new Part("write log: check 1,000 commits", "database.ReadsInner.conflictInLog"),
          new Part("subscriptions: key in 100,000 ranges", "database.ReadsInner.watchersOfKey"),
          new Part("query cache: hit", "app.ApplicationInner.cacheHit"),
          new Part("turns: pass 1,000 of another key", "app.ApplicationInner.passByWaiting"),
          new Part("turns: queue up behind 1,000", "app.ApplicationInner.queueUp"),
          new Part("turns: next of 1,000", "app.ApplicationInner.nextTurn"),
          new Part("transaction: take 10 of an index", "database.StoreInner.take"),
          new Part("transaction: patch 1 KB", "database.StoreInner.patch"));

  @Override
  public void run(Setting setting, Report report) throws IOException {
    for (Part part : PARTS) {
      if (setting.wants(part.row())) {
        measure(part, report);
      }
    }
  }

  private static void measure(Part part, Report report) throws IOException {
    RunResult result = run(part.method());
    Result<?> time = result.getPrimaryResult();
    Result<?> allocated =
        Objects.requireNonNull(result.getSecondaryResults().get("gc.alloc.rate.norm"));
    report.add(
        part.row(),
        Report.NOTHING_STORED,
        List.of(
            new Report.Measure("ns/op", time.getScore(), time.getScore() < 100 ? 1 : 0),
            new Report.Measure("± ns", time.getScoreError(), time.getScore() < 100 ? 1 : 0),
            new Report.Measure("B/op", allocated.getScore(), 0)));
  }

  private static RunResult run(String method) throws IOException {
    OptionsBuilder options = new OptionsBuilder();
    options
        .include("^" + Pattern.quote("dev.freshet." + method) + "$")
        .mode(Mode.AverageTime)
        .timeUnit(TimeUnit.NANOSECONDS)
        .forks(1)
        .warmupIterations(WARM_UPS)
        .warmupTime(TimeValue.seconds(1))
        .measurementIterations(MEASUREMENTS)
        .measurementTime(TimeValue.seconds(1))
        .addProfiler(GCProfiler.class)
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT)
        .jvmArgs(
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");
    try {
      Collection<RunResult> results = new Runner(options.build()).run();
      return results.iterator().next();
    } catch (RunnerException e) {
      throw new IOException(method + " could not be measured", e);
    }
  }
}

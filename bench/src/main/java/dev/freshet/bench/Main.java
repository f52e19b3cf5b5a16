package dev.freshet.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line of the benchmarks: {@code ./freshet bench SCENARIO}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures servers started for the purpose, over loopback.")
final class Main implements java.util.concurrent.Callable<Integer> {
  private static final SortedMap<String, Supplier<Benchmark>> SCENARIOS = new TreeMap<>();

  static {
    SCENARIOS.put("transfer", TransferBench::new);
    SCENARIOS.put("query", QueryBench::new);
    SCENARIOS.put("insert", InsertBench::new);
    SCENARIOS.put("observe", ObserveBench::new);
    SCENARIOS.put("fanout", FanoutBench::new);
    SCENARIOS.put("idle", IdleBench::new);
    SCENARIOS.put("many", ManyBench::new);
    SCENARIOS.put("hot-history", HotHistoryBench::new);
    SCENARIOS.put("soak", SoakBench::new);
    SCENARIOS.put("overload", OverloadBench::new);
    SCENARIOS.put("action", ActionBench::new);
    SCENARIOS.put("start", StartBench::new);
    SCENARIOS.put("waiting", WaitingBench::new);
    SCENARIOS.put("call", CallBench::new);
    SCENARIOS.put("inner", InnerBench::new);
  }

  @Parameters(
      index = "0",
      description = "one of ${COMPLETION-CANDIDATES}",
      arity = "1",
      completionCandidates = Names.class)
  private String scenario = "";

  @Option(names = "--clients", description = "closed loops (default: the scenario's own)")
  private int clients;

  @Option(
      names = "--size",
      description = "documents or subscriptions (default: the scenario's own)")
  private int size;

  @Option(names = "--warm-up", description = "seconds (default ${DEFAULT-VALUE})")
  private int warmUp = 10;

  @Option(names = "--measure", description = "seconds (default ${DEFAULT-VALUE})")
  private int measure = 30;

  @Option(
      names = "--runs",
      description = "how often, each with new servers: median (lowest–highest) are shown")
  private int runs = 1;

  @Option(names = "--only", description = "run only the rows whose name contains this text")
  private String only = "";

  @Option(names = "--app", description = "the folder of the bench app, its packages installed")
  private Path app = Path.of("bench", "app");

  /** The scenarios' names for the help text. */
  static final class Names implements Iterable<String> {
    @Override
    public java.util.Iterator<String> iterator() {
      return SCENARIOS.keySet().iterator();
    }
  }

  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Supplier<Benchmark> benchmark = SCENARIOS.get(scenario);
    if (benchmark == null) {
      System.err.println(
          "Unknown scenario \""
              + scenario
              + "\". There are: "
              + String.join(", ", SCENARIOS.keySet()));
      return 2;
    }
    Report report = new Report();
    for (int run = 1; run <= runs; run++) {
      System.err.println(scenario + ", run " + run + " of " + runs);
      runOnce(benchmark.get(), report);
    }
    System.out.println(report.markdown());
    return 0;
  }

  private void runOnce(Benchmark benchmark, Report report)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("freshet-bench");
    try {
      benchmark.run(
          new Setting(
              app,
              directory,
              clients,
              size,
              Duration.ofSeconds(warmUp),
              Duration.ofSeconds(measure),
              only),
          report);
    } finally {
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}

package dev.freshet.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line of the benchmarks: {@code ./freshet bench SCENARIO}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures a server started for the purpose, over loopback.")
final class Main implements java.util.concurrent.Callable<Integer> {
  @Parameters(index = "0", description = "transfer", arity = "1")
  private String scenario = "transfer";

  @Option(names = "--clients", description = "closed loops (default ${DEFAULT-VALUE})")
  private int clients = 64;

  @Option(names = "--warm-up", description = "seconds (default ${DEFAULT-VALUE})")
  private int warmUp = 10;

  @Option(names = "--measure", description = "seconds (default ${DEFAULT-VALUE})")
  private int measure = 30;

  @Option(names = "--only", description = "run only the rows whose name contains this text")
  private String only = "";

  @Option(names = "--app", description = "the folder of the bench app, its packages installed")
  private Path app = Path.of("bench", "app");

  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!scenario.equals("transfer")) {
      System.err.println("Unknown scenario \"" + scenario + "\". There is: transfer");
      return 2;
    }
    Path directory = Files.createTempDirectory("freshet-bench");
    try {
      TransferBench bench =
          new TransferBench(
              app,
              directory,
              only,
              clients,
              Duration.ofSeconds(warmUp),
              Duration.ofSeconds(measure));
      System.out.println(bench.run().markdown());
      return 0;
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

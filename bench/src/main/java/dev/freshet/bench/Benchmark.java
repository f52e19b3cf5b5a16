package dev.freshet.bench;

import java.io.IOException;

/**
 * One of the scenarios of {@code ./freshet bench}. Started anew for each run, with servers and data
 * of its own.
 */
@FunctionalInterface
interface Benchmark {
  /** Measures once. A row that occurs again in a later run is shown as one, with its spread. */
  void run(Setting setting, Report report) throws IOException, InterruptedException;
}

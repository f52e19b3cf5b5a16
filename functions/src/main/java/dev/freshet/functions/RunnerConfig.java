package dev.freshet.functions;

import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How to run functions.
 *
 * @param node what the processes run in; runners with the same one ask it only once what it is
 * @param runners processes for queries and mutations, at least 1
 * @param memory where each process takes its room from
 * @param cache directory for what may be lost but is costly to make again; null: for as long as the
 *     runners live
 */
public record RunnerConfig(
    NodeExecutable node,
    int runners,
    Limits limits,
    Clock clock,
    MemoryBudget memory,
    @Nullable Path cache) {
  /**
   * Without a directory that outlives the runners.
   *
   * @param node the Node.js executable; null: {@code node} from the PATH
   */
  public RunnerConfig(
      @Nullable Path node, int runners, Limits limits, Clock clock, MemoryBudget memory) {
    this(NodeExecutable.at(node), runners, limits, clock, memory, null);
  }

  /** As many runners as the machine has cores, Node from the PATH. */
  public static RunnerConfig defaults() {
    return new RunnerConfig(
        null,
        Runtime.getRuntime().availableProcessors(),
        Limits.defaults(),
        Clock.system(),
        MemoryBudget.unlimited());
  }
}

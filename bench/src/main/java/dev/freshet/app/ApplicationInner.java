package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.database.ReadSet;
import dev.freshet.values.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The query cache, and the order of mutations that collide. */
@State(Scope.Thread)
public class ApplicationInner {
  private static final int ENTRIES = 1000;
  private static final int CLAIMS = 1000;
  private static final int CACHE_BYTES = 10_000_000;

  /** Reads and changes one key. */
  private record Touches(String key) implements Footprint {
    @Override
    public boolean reads(Object contended) {
      return key.equals(contended);
    }

    @Override
    public boolean changes(Object contended) {
      return key.equals(contended);
    }

    @Override
    public boolean writesInto(Footprint other) {
      return equals(other);
    }
  }

  private final QueryCache cache = new QueryCache((_, _, _) -> true, Clock.system(), CACHE_BYTES);
  private final TurnOrder order = new TurnOrder();
  private final ArrayDeque<TurnOrder.Claim> waiting = new ArrayDeque<>();
  private final TurnOrder.Claim newcomer = new TurnOrder.Claim(() -> {});
  private final Footprint hot = new Touches("hot");
  private final Footprint cold = new Touches("cold");
  private int turn;

  public ApplicationInner() {
    for (int i = 0; i < ENTRIES; i++) {
      cache.serve(key(i), 1, ApplicationInner::run);
    }
    for (int i = 0; i < CLAIMS; i++) {
      TurnOrder.Claim claim = new TurnOrder.Claim(() -> {});
      order.expect(claim, List.of("hot"));
      waiting.add(claim);
    }
  }

  private static QueryCache.Key key(int number) {
    byte[] args = ("[{\"channel\":\"general\",\"page\":" + number + ".0}]").getBytes(UTF_8);
    return new QueryCache.Key(FunctionPath.parse("messages:list"), args, false, null, "user");
  }

  private static QueryRun run() {
    return new QueryRun(
        new Execution(
            new Execution.Returned(new byte[300]),
            List.of(),
            false,
            false,
            null,
            Duration.ZERO,
            FunctionCompletion.Usage.NONE),
        ReadSet.EMPTY,
        1,
        null);
  }

  private final QueryCache.Key[] keys =
      java.util.stream.IntStream.range(0, ENTRIES)
          .mapToObj(ApplicationInner::key)
          .toArray(QueryCache.Key[]::new);

  @Benchmark
  public @Nullable Object cacheHit() {
    turn = (turn + 1) % ENTRIES;
    return cache.find(keys[turn], 1);
  }

  /** One that has nothing to do with those that wait. */
  @Benchmark
  public boolean passByWaiting() {
    boolean passed = order.pass(newcomer, cold);
    order.release(newcomer);
    return passed;
  }

  /** One that has to wait behind all others, and gives up. */
  @Benchmark
  public boolean queueUp() {
    boolean passed = order.pass(newcomer, hot);
    order.release(newcomer);
    return passed;
  }

  /** The first commits, the next one's turn comes, another one queues up. */
  @Benchmark
  public boolean nextTurn() {
    TurnOrder.Claim first = waiting.remove();
    boolean passed = order.pass(first, hot);
    order.release(first);
    order.expect(first, List.of("hot"));
    waiting.add(first);
    return passed;
  }
}

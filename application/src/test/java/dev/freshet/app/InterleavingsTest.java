package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.database.Invalidation;
import dev.freshet.database.ReadSet;
import dev.freshet.database.Subscription;
import dev.freshet.database.WriteSource;
import dev.freshet.values.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What all calls share, in all sorts of interleavings: what the threads see must be what they could
 * have seen one after the other.
 */
class InterleavingsTest {
  @Test
  void theQueryCacheAnswersAsTheQueryWould() {
    check(CachedQueries.class);
  }

  @Test
  void watchersAreToldOnceOfWhatTheyWatch() {
    check(WatchedRun.class);
  }

  @Test
  void foresightLearnsAsOne() {
    check(Learning.class);
  }

  private static void check(Class<?> state) {
    new ModelCheckingOptions()
        .threads(2)
        .actorsBefore(3)
        .actorsPerThread(3)
        .actorsAfter(1)
        .iterations(5)
        .invocationsPerIteration(100)
        .check(state);
  }

  private static QueryRun run(long timestamp, int size, boolean identityObserved) {
    return new QueryRun(
        new Execution(
            new Execution.Returned(new byte[size]),
            List.of(),
            identityObserved,
            false,
            null,
            Duration.ZERO,
            FunctionCompletion.Usage.NONE),
        ReadSet.EMPTY,
        timestamp,
        null);
  }

  /** A query whose result is as long as there were commits that changed it. */
  @Param(name = "user", gen = IntGen.class, conf = "1:2")
  public static class CachedQueries {
    private final QueryCache cache = new QueryCache(this::holds, Clock.system(), 10_000);
    private volatile long[] written = {};
    private volatile long published = 1;

    private boolean holds(ReadSet reads, long from, long to) {
      return Arrays.stream(written).noneMatch(at -> at > from && at <= to);
    }

    @Operation(nonParallelGroup = "committer")
    public void write() {
      long[] longer = Arrays.copyOf(written, written.length + 1);
      long timestamp = published + 1;
      longer[written.length] = timestamp;
      written = longer;
      published = timestamp;
    }

    /** A commit of something else. */
    @Operation(nonParallelGroup = "committer")
    public void writeElsewhere() {
      long timestamp = published + 1;
      published = timestamp;
    }

    /** A query, at the newest snapshot, that doesn't care who asks. */
    @Operation
    public long query(@Param(name = "user") int user) {
      long at = published;
      QueryCache.Key key =
          new QueryCache.Key(
              FunctionPath.parse("notes:count"), "[]".getBytes(UTF_8), false, null, "user " + user);
      return cache.serve(key, at, () -> count(at)).run().execution().returnBytes();
    }

    private QueryRun count(long at) {
      int count = (int) Arrays.stream(written).filter(time -> time <= at).count();
      return run(at, count, false);
    }
  }

  /** Watchers that come and go while commits end what they watch. */
  @Param(name = "watcher", gen = IntGen.class, conf = "0:2")
  public static class WatchedRun {
    private final QueryRun run = run(10, 0, false);
    private final List<Consumer<Invalidation>> listeners = new ArrayList<>();
    private final AtomicInteger told = new AtomicInteger();
    private final @Nullable QuerySubscription[] seats = new QuerySubscription[3];

    private final Audience.Stage stage =
        new Audience.Stage() {
          @Override
          public Subscription subscribe(
              ReadSet reads, long validAt, Consumer<Invalidation> listener) {
            synchronized (listeners) {
              listeners.add(listener);
            }
            return new Watching(listener);
          }

          @Override
          public void over(@Nullable QueryRequest encore, Runnable tell) {
            tell.run();
          }
        };

    /** Of the database. */
    private final class Watching implements Subscription {
      private final Consumer<Invalidation> listener;

      Watching(Consumer<Invalidation> listener) {
        this.listener = listener;
      }

      @Override
      public boolean validAt(long timestamp) {
        return true;
      }

      @Override
      public long validThrough() {
        return 10;
      }

      @Override
      public void cancel() {
        synchronized (listeners) {
          listeners.remove(listener);
        }
      }
    }

    /** Takes the watcher's place, if it has none. */
    @Operation
    public void watch(@Param(name = "watcher") int watcher) {
      synchronized (seats) {
        if (seats[watcher] != null) {
          return;
        }
        QueryRequest request =
            new QueryRequest(
                FunctionPath.parse("notes:list"),
                "[]".getBytes(UTF_8),
                Identity.anonymous(),
                null,
                null,
                10L,
                RequestContext.of("id", Caller.SYNC_WORKER));
        seats[watcher] = run.watch(stage, request, 10, told::incrementAndGet);
      }
    }

    @Operation
    public void leave(@Param(name = "watcher") int watcher) {
      QuerySubscription seat;
      synchronized (seats) {
        seat = seats[watcher];
      }
      if (seat == null) {
        return;
      }
      seat.close();
      synchronized (seats) {
        if (java.util.Objects.equals(
            seats[watcher], seat)) { // only now may somebody else have the place
          seats[watcher] = null;
        }
      }
    }

    /** How many it tells. */
    @Operation(nonParallelGroup = "committer")
    public int commit() {
      List<Consumer<Invalidation>> ended;
      synchronized (listeners) {
        ended = List.copyOf(listeners);
        listeners.clear();
      }
      int before = told.get();
      ended.forEach(listener -> listener.accept(new Invalidation(20, WriteSource.UNKNOWN)));
      return told.get() - before;
    }
  }

  /** Mutations that collide about keys, and guesses what others will do. */
  @Param(name = "trait", gen = IntGen.class, conf = "1:2")
  @Param(name = "key", gen = IntGen.class, conf = "1:2")
  public static class Learning {
    private final Foresight foresight = new Foresight();

    private record Changes(Object key) implements Footprint {
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

    /** Teaches a habit at once. */
    @Operation
    public void collide(@Param(name = "trait") int trait, @Param(name = "key") int key) {
      foresight.learn(() -> List.of(trait), new Changes(key), Set.of(key));
    }

    @Operation
    public void run(@Param(name = "trait") int trait, @Param(name = "key") int key) {
      foresight.learn(() -> List.of(trait), new Changes(key), Set.of());
    }

    @Operation
    public String guess() {
      return new TreeSet<>(foresight.guess(() -> List.of(1, 2))) + " of " + foresight.size();
    }
  }
}

package dev.freshet.app;

import dev.freshet.app.Turns.Turn;
import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.PreparedCommit;
import dev.freshet.database.ReadSet;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a mutation, and again when it lost against a concurrent commit (spec 40 §7.6): as soon as
 * its turn has come ({@link Turns}), without any pause. Where calls like it have collided before,
 * the first run waits for its turn, too ({@link Foresight}). A turn begins when the one before has
 * its commit's timestamp: runs with a turn see commits that aren't durable yet, and are tied to
 * them. No place to run is held while it waits.
 *
 * <p>A mutation that waited before its first commit and is out of date by then runs again without
 * having lost: that is no conflict, and not counted.
 */
final class MutationLoop {
  /** Larger keys aren't kept in mind. */
  private static final long MAX_MEMORABLE_BYTES = 1024;

  private final Database database;
  private final Turns turns;
  private final Foresight foresight = new Foresight();
  private final int retries;

  /**
   * A mutation as the loop sees it.
   *
   * @param <P> what one run leaves to be finished
   * @param <R> the result
   */
  interface Attempt<P, R> {
    /** What is known of it before it runs, and may tell what it is going to change. */
    Collection<?> traits();

    /** Waits until it may run for the first time; what comes after that is waited for by turns. */
    void admit();

    /**
     * Runs the function in a new transaction.
     *
     * @param ahead what it will probably read, if it is to see undurable commits there
     */
    P execute(@Nullable ReadSet ahead);

    /** What is to be committed; null if that is nothing. */
    @Nullable PreparedCommit prepare(P executed);

    /**
     * The result of a run that leaves nothing to commit; null if what it saw has come to naught.
     */
    @Nullable R answer(P executed);

    /**
     * Commits.
     *
     * @param onAssigned as {@link Database#commit(PreparedCommit, Runnable)}
     * @throws ConflictException if it lost
     */
    R commit(P executed, PreparedCommit commit, Runnable onAssigned);

    /** Told of every lost attempt. */
    void lost(ConflictException conflict, int retryCount, boolean willRetry);
  }

  MutationLoop(Database database, Turns turns, Limits limits) {
    this.database = database;
    this.turns = turns;
    this.retries = limits.getInt(Limit.UDF_EXECUTOR_OCC_MAX_RETRIES);
  }

  /**
   * @throws ConflictException after the last attempt
   */
  <P, R> R run(Attempt<P, R> attempt) {
    try (Turn turn = turns.of()) {
      int losses = 0;
      ReadSet ahead = expect(attempt, turn);
      while (true) {
        P executed = attempt.execute(ahead);
        PreparedCommit commit = attempt.prepare(executed);
        if (commit == null) {
          turn.close();
          R answer = attempt.answer(executed);
          if (answer != null) {
            return answer;
          }
          ahead = null;
          continue;
        }
        ahead = commit.reads();
        Footprint footprint = new Footprint.OfCommit(commit);
        if (!mayCommit(turn, commit, footprint)) {
          continue;
        }
        foresight.learn(attempt::traits, footprint, memorable(turn.contended()));
        try {
          return attempt.commit(executed, commit, turn::close);
        } catch (ConflictException e) {
          boolean again = losses < retries;
          attempt.lost(e, losses, again);
          if (!again) {
            throw e;
          }
          losses++;
          turn.awaitAfterLoss(e.contended(), footprint);
        }
      }
    }
  }

  /**
   * Waits before the first run of one that will have to wait for others in any case.
   *
   * @return what it will change of what they change; null if that isn't known
   */
  private @Nullable ReadSet expect(Attempt<?, ?> attempt, Turn turn) {
    Set<Object> expected = foresight.guess(attempt::traits);
    if (expected.isEmpty()) {
      return null;
    }
    attempt.admit();
    turn.expect(expected);
    return ReadSet.ofContended(expected);
  }

  private static List<Object> memorable(Set<Object> contended) {
    return contended.stream()
        .filter(key -> ReadSet.ofContended(List.of(key)).heapBytes() <= MAX_MEMORABLE_BYTES)
        .toList();
  }

  /** Returns false if it is out of date by the time that it may commit. */
  private boolean mayCommit(Turn turn, PreparedCommit commit, Footprint footprint) {
    while (!turn.pass(footprint)) {
      if (database.isOutdated(commit)) {
        return false;
      }
    }
    return true;
  }
}

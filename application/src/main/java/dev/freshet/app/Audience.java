package dev.freshet.app;

import dev.freshet.database.Invalidation;
import dev.freshet.database.ReadSet;
import dev.freshet.database.Subscription;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everybody who watches one run of a query, through one subscription of the database: a thousand
 * clients with the same query cost it what one does.
 *
 * <p>Design. The seats form a linked list, so that coming and going cost the same whatever the
 * number, and a single watcher costs little memory. An audience is over when a commit has touched
 * the run ({@link #end}), or when the last one has left; whoever comes later opens the next. It
 * never starts again, so a late call of a cancelled subscription can do no harm.
 *
 * <p>Locks. The audience's own guards the seats; the locks of the database's subscriptions may be
 * taken under it, never the reverse: {@code end} is called by the database without a lock.
 */
final class Audience {
  /** What audiences need of the application. */
  interface Stage {
    Subscription subscribe(ReadSet reads, long validAt, Consumer<Invalidation> listener);

    /**
     * Tells an audience that its run is over.
     *
     * @param encore what several watchers will ask for next; null if there is only one
     * @param tell calls them all
     */
    void over(@Nullable QueryRequest encore, Runnable tell);
  }

  private final Stage stage;
  private final QueryRun run;
  private @Nullable Subscription subscription;
  private @Nullable Seat first;
  private @Nullable QueryRequest encore;
  private boolean over;

  Audience(Stage stage, QueryRun run) {
    this.stage = stage;
    this.run = run;
  }

  private final class Seat implements QuerySubscription {
    final Runnable told;
    final Subscription subscription;
    volatile boolean left;
    @Nullable Seat previous;
    @Nullable Seat next;

    Seat(Runnable told, Subscription subscription) {
      this.told = told;
      this.subscription = subscription;
    }

    @Override
    public boolean validAt(long timestamp) {
      return subscription.validAt(timestamp);
    }

    @Override
    public void close() {
      leave(this);
    }
  }

  /**
   * Starts watching, for the first one.
   *
   * @param validAt when the run is known to hold
   */
  synchronized QuerySubscription open(QueryRequest request, long validAt, Runnable told) {
    subscription = stage.subscribe(run.readSet(), validAt, _ -> end());
    return sit(request, told, subscription);
  }

  /** Null if the audience is over. */
  synchronized @Nullable QuerySubscription join(QueryRequest request, Runnable told) {
    return over || subscription == null ? null : sit(request, told, subscription);
  }

  private Seat sit(QueryRequest request, Runnable told, Subscription watched) {
    Seat seat = new Seat(told, watched);
    seat.next = first;
    if (first != null) {
      first.previous = seat;
      encore = request;
    }
    first = seat;
    return seat;
  }

  private synchronized void leave(Seat seat) {
    if (over || seat.left) {
      seat.left = true;
      return;
    }
    seat.left = true;
    if (seat.next != null) {
      seat.next.previous = seat.previous;
    }
    if (seat.previous != null) {
      seat.previous.next = seat.next;
    } else {
      first = seat.next;
    }
    if (first == null) {
      over = true;
      seat.subscription.cancel();
    }
  }

  /** The database says that the run holds no longer. */
  private void end() {
    Seat seats;
    QueryRequest next;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      seats = first;
      next = seats != null && seats.next != null ? encore : null;
    }
    stage.over(
        next == null ? null : next.again(run.journal()),
        () -> {
          for (Seat seat = seats; seat != null; seat = seat.next) {
            if (!seat.left) {
              seat.told.run();
            }
          }
        });
  }
}

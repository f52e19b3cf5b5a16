package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value.ArrayValue;

/** Refuses to schedule: nothing would run what is scheduled. */
@SuppressWarnings("DoNotCallSuggester")
final class NotYetJobs implements JobCalls {
  private static FreshetException refused() {
    return FreshetException.notYetAvailable("The scheduler");
  }

  @Override
  public String schedule(
      Transaction transaction,
      FunctionPath path,
      ArrayValue args,
      double unixMillis,
      RequestContext by) {
    throw refused();
  }

  @Override
  public void cancel(Transaction transaction, String job) {
    throw refused();
  }
}

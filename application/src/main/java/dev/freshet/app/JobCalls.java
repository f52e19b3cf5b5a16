package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.values.Value.ArrayValue;

/** What functions do with the scheduler (spec 30 §12.3). Thread-safe. */
interface JobCalls {
  /**
   * Has a function run later, if the transaction commits.
   *
   * @param args its positional arguments
   * @param unixMillis when; in the past means at once
   * @param by the call that asks for it
   * @return the job's id, as functions see it
   */
  String schedule(
      Transaction transaction,
      FunctionPath path,
      ArrayValue args,
      double unixMillis,
      RequestContext by);

  /** Takes a job back, if the transaction commits. */
  void cancel(Transaction transaction, String job);
}

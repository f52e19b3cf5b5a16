package dev.freshet.server;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.QuerySubscription;
import org.jspecify.annotations.Nullable;

/**
 * One run of a subscribed query, watched until the subscription is closed.
 *
 * @param hash equal for outcomes that clients need not tell apart; never changed
 * @param journal to be given back when the query runs again
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a whole
record LiveResult(
    CallOutcome outcome, byte[] hash, @Nullable String journal, QuerySubscription subscription) {
  LiveResult(CallOutcome outcome, @Nullable String journal, QuerySubscription subscription) {
    this(outcome, outcome.hash(), journal, subscription);
  }
}

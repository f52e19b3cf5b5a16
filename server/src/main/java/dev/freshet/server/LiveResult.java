package dev.freshet.server;

import dev.freshet.app.CallOutcome;
import dev.freshet.app.QuerySubscription;
import org.jspecify.annotations.Nullable;

/**
 * One run of a subscribed query, watched until the subscription is closed.
 *
 * @param journal to be given back when the query runs again
 */
record LiveResult(CallOutcome outcome, @Nullable String journal, QuerySubscription subscription) {}

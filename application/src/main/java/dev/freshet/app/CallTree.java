package dev.freshet.app;

import dev.freshet.app.Permits.Permit;
import dev.freshet.database.Document;
import dev.freshet.database.Transaction;
import dev.freshet.functions.CallLimits;
import dev.freshet.functions.FunctionKind;
import dev.freshet.values.Limits;
import dev.freshet.values.Nesting;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a top-level call and all calls nested in it share. Confined to one thread at a time: the one
 * that prepares the call, then the runner's.
 */
final class CallTree {
  /** What never changes while the server runs. */
  record Services(
      EnvironmentVariables environment,
      PreFlight preFlight,
      FunctionResults results,
      LimitWarnings warnings,
      CursorCodec cursors,
      JwtSigner jwts,
      PlatformSyscalls platform,
      Limits limits,
      CallLimits callLimits,
      String deploymentName) {}

  private static final int MAX_DOCUMENT_WARNINGS = 16;

  private final Services services;
  private final Identity identity;
  private final RequestContext context;
  private final FunctionKind kind;
  private final long unixMillis;
  private final Supplier<@Nullable Transaction> reopen;
  private Transaction transaction;
  private final List<CallLogLine> warnings = new ArrayList<>(0);
  private @Nullable Permit place;
  private boolean urgent;
  private boolean identityObserved;
  private boolean timeObserved;

  /**
   * @param kind of the top-level function
   * @param unixMillis the frozen clock of the call
   * @param reopen begins a new transaction in which the call may start over: what the call was
   *     cleared by has been read in it and is unchanged; null if there is no such transaction
   */
  CallTree(
      Services services,
      Transaction transaction,
      Identity identity,
      RequestContext context,
      FunctionKind kind,
      long unixMillis,
      Supplier<@Nullable Transaction> reopen) {
    this.services = services;
    this.transaction = transaction;
    this.identity = identity;
    this.context = context;
    this.kind = kind;
    this.unixMillis = unixMillis;
    this.reopen = reopen;
  }

  Services services() {
    return services;
  }

  Transaction transaction() {
    return transaction;
  }

  Identity identity() {
    return identity;
  }

  RequestContext context() {
    return context;
  }

  /** Whether there will be a commit that results may speak of. */
  boolean isMutation() {
    return kind == FunctionKind.MUTATION;
  }

  long unixMillis() {
    return unixMillis;
  }

  /** Warns of a document that was written, if it comes near its limits. */
  void noteWritten(Document document) {
    ObjectValue value = document.value();
    CallLogLine line =
        services
            .warnings()
            .ofDocument(document.id(), document.size(), Nesting.of(value), unixMillis);
    if (line != null && warnings.size() < MAX_DOCUMENT_WARNINGS) {
      warnings.add(line);
    }
  }

  List<CallLogLine> warnings() {
    return warnings;
  }

  /** Says which place the call holds. */
  void holds(Permit permit) {
    place = permit;
  }

  /** Gives the call's place to others while the call only waits. */
  void park(boolean parked) {
    if (place != null && parked) {
      place.pause();
    } else if (place != null) {
      place.resume();
    }
  }

  /** Says that others wait for the call. */
  void markUrgent() {
    urgent = true;
  }

  boolean isUrgent() {
    return urgent;
  }

  void observeIdentity() {
    identityObserved = true;
  }

  boolean identityObserved() {
    return identityObserved;
  }

  void observeTime() {
    timeObserved = true;
  }

  boolean timeObserved() {
    return timeObserved;
  }

  /** Forgets what was done so far; false if that is not possible. */
  boolean restart() {
    Transaction fresh = reopen.get();
    if (fresh == null) {
      return false;
    }
    transaction = fresh;
    identityObserved = false;
    timeObserved = false;
    warnings.clear();
    return true;
  }
}

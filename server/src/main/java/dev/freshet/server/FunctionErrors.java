package dev.freshet.server;

import dev.freshet.app.CallOutcome;
import dev.freshet.values.FreshetException;
import java.util.List;

/** Failures that happen before a function could be called, as results of the call. */
final class FunctionErrors {
  private FunctionErrors() {}

  /** In the form of spec 10 §6: request id, then the text unless it is withheld. */
  static CallOutcome.Failure failure(FreshetException e, String requestId, boolean redact) {
    String detail = redact ? "Server Error" : "Server Error\n" + e.text() + "\n";
    return new CallOutcome.Failure(
        "[Request ID: " + requestId + "] " + detail, detail, null, List.of());
  }
}

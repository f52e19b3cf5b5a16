package dev.freshet.server;

import dev.freshet.app.CallOutcome;
import dev.freshet.values.FreshetException;
import java.util.List;

/** Failures that are not the function's, as results of the call. */
final class FunctionErrors {
  private FunctionErrors() {}

  /** In the form of spec 10 §6: request id, then the text unless it is withheld. */
  static CallOutcome.Failure failure(FreshetException e, String requestId, boolean redact) {
    String detail = redact ? "Server Error" : "Server Error\n" + text(e) + "\n";
    return new CallOutcome.Failure(
        "[Request ID: " + requestId + "] " + detail, detail, null, List.of());
  }

  /** What went wrong inside is for the server's log. */
  private static String text(FreshetException e) {
    return switch (e.errorClass()) {
      case INTERNAL, OPERATIONAL -> "Your request couldn't be completed. Try again later.";
      default -> e.text();
    };
  }
}

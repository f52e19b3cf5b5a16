package dev.freshet.app;

import dev.freshet.app.CursorCodec.Cursor;
import dev.freshet.functions.JsError;
import dev.freshet.values.CommitTimestamps;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.ValueJson;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one run of a function went, before anybody in particular is told. Immutable and shared by the
 * requests that a cached run answers.
 *
 * @param endCursor where the page of a paginating query ended
 * @param usage what it used of the database
 */
record Execution(
    Ending ending,
    List<CallLogLine> logLines,
    boolean identityObserved,
    boolean timeObserved,
    @Nullable Cursor endCursor,
    Duration userTime,
    FunctionCompletion.Usage usage) {

  /** Result or error. */
  sealed interface Ending {}

  /**
   * @param json canonical encoded JSON
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Returned(byte[] json) implements Ending {}

  /**
   * @param data canonical encoded JSON
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Threw(JsError error, byte @Nullable [] data) implements Ending {

    static Threw of(JsError error) {
      if (error.dataJson() == null) {
        return new Threw(error, null);
      }
      try {
        return new Threw(
            error, ValueJson.writeBytes(ValueJson.parse(error.dataJson()), JsonFormat.ENCODED));
      } catch (FreshetException e) {
        return new Threw(
            new JsError("ConvexError with invalid data: " + e.text(), null, error.frames()), null);
      }
    }

    static Threw of(FreshetException error) {
      return new Threw(
          JsError.of(error.text()),
          error.data() == null ? null : ValueJson.writeBytes(error.data(), JsonFormat.ENCODED));
    }
  }

  /** A call that failed before its function ran, as it would for anybody. */
  static Execution refused(FreshetException error) {
    return refused(error, false);
  }

  /**
   * A call that failed without telling more than that.
   *
   * @param identityObserved whether it might not fail for another caller
   */
  static Execution refused(FreshetException error, boolean identityObserved) {
    return new Execution(
        Threw.of(error),
        List.of(),
        identityObserved,
        false,
        null,
        Duration.ZERO,
        FunctionCompletion.Usage.NONE);
  }

  /** With the timestamp of its commit where the result speaks of it (spec 40 §3.4). */
  Execution committedAt(long timestamp) {
    if (!(ending instanceof Returned(byte[] json)) || !CommitTimestamps.areIn(json)) {
      return this;
    }
    return new Execution(
        new Returned(CommitTimestamps.resolve(json, timestamp)),
        logLines,
        identityObserved,
        timeObserved,
        endCursor,
        userTime,
        usage);
  }

  boolean succeeded() {
    return ending instanceof Returned;
  }

  /** What whoever made the call is told: a client, or a function of the app. */
  CallOutcome outcome(RequestContext context, boolean redact) {
    if (!context.isInner()) {
      return outcome(context.requestId(), redact);
    }
    return switch (ending) {
      case Returned returned -> new CallOutcome.Success(returned.json(), List.of());
      case Threw threw -> {
        String text = threw.error().text().stripTrailing();
        yield new CallOutcome.Failure(text, text, threw.data(), List.of());
      }
    };
  }

  /**
   * What a client is told (spec 30 §5.4).
   *
   * @param redact withholds error texts and log lines; an error's data is told always
   */
  CallOutcome outcome(String requestId, boolean redact) {
    List<String> lines = redact ? List.of() : CallLogLine.texts(logLines);
    return switch (ending) {
      case Returned returned -> new CallOutcome.Success(returned.json(), lines);
      case Threw threw -> {
        String detail = redact ? "Server Error" : "Server Error\n" + threw.error().text();
        yield new CallOutcome.Failure(
            "[Request ID: " + requestId + "] " + detail, detail, threw.data(), lines);
      }
    };
  }

  /** The error's text for the function log; null if there is none. */
  @Nullable String errorText() {
    return ending instanceof Threw threw ? threw.error().text().stripTrailing() : null;
  }

  long returnBytes() {
    return ending instanceof Returned returned ? returned.json().length : 0;
  }
}

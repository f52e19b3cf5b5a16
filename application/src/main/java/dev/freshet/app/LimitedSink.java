package dev.freshet.app;

import dev.freshet.functions.HttpHead.Header;
import dev.freshet.functions.LogLine;
import dev.freshet.functions.ResponseSink;
import dev.freshet.values.ByteSizes;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Ends the response of an HTTP action where it becomes too long (spec 30 §6.3). */
final class LimitedSink implements ResponseSink {
  private final ResponseSink sink;
  private final ActionLog log;
  private final Clock clock;
  private final long most;
  private final double warningRatio;
  private long written;
  private volatile boolean cut;

  LimitedSink(ResponseSink sink, ActionLog log, Limits limits, Clock clock) {
    this.sink = sink;
    this.log = log;
    this.clock = clock;
    this.most = limits.get(Limit.HTTP_ACTION_MAX_RESPONSE_SIZE);
    this.warningRatio = limits.get(Limit.FUNCTION_LIMIT_WARNING_PERCENT) / 100.0;
  }

  @Override
  public void head(int status, List<Header> headers) throws IOException {
    sink.head(status, headers);
  }

  @Override
  public void write(ByteBuffer chunk) throws IOException {
    if (written + chunk.remaining() > most) {
      if (!cut) {
        cut = true;
        log.add(
            line(
                LogLine.Level.ERROR,
                "error:httpAction",
                "HttpResponseTooLarge: HTTP actions support responses up to "
                    + ByteSizes.format(most)));
      }
      throw new IOException("the response is too large");
    }
    written += chunk.remaining();
    sink.write(chunk);
  }

  @Override
  public void onDisconnect(Runnable action) {
    sink.onDisconnect(
        () -> {
          log.add(
              line(
                  LogLine.Level.INFO,
                  "info:httpActionClientDisconnect",
                  "The client of the HTTP action has disconnected."));
          action.run();
        });
  }

  boolean isCut() {
    return cut;
  }

  /** Warns of a response that came near the limit. */
  void warn() {
    if (!cut && written > warningRatio * most) {
      log.add(
          line(
              LogLine.Level.WARN,
              "warning:HttpResponseTooLarge",
              "Large response returned from an HTTP action (actual: "
                  + written
                  + " bytes, limit: "
                  + most
                  + " bytes)."));
    }
  }

  private CallLogLine line(LogLine.Level level, String code, String message) {
    return new CallLogLine(
        new LogLine(level, List.of(message), false, clock.unixMillis(), null), code);
  }
}

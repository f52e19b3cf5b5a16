package dev.freshet.functions;

import dev.freshet.functions.HttpHead.Header;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a process says of one of its calls, for the thread that serves the call. */
sealed interface ActionEvent {
  record Request(int number, String operation, String argsJson) implements ActionEvent {}

  record Log(LogLine line) implements ActionEvent {}

  record Head(int status, List<Header> headers, int stream) implements ActionEvent {}

  record Store(int number, int stream, String contentType, String digest) implements ActionEvent {}

  record Open(int number, String storageId) implements ActionEvent {}

  record Route(String route) implements ActionEvent {}

  /**
   * @param error null on success
   * @param exiting whether the process ends with the call
   */
  @SuppressWarnings("ArrayRecordComponent") // events are never compared
  record Done(
      byte[] resultJson,
      @Nullable Problem error,
      boolean exiting,
      double userMillis,
      long grownBytes,
      List<String> unawaited)
      implements ActionEvent {
    Spent spent() {
      Duration userTime = Duration.ofNanos((long) (userMillis * 1e6));
      return new Spent(userTime, grownBytes, unawaited);
    }

    ActionOutcome outcome() {
      return error == null
          ? new ActionOutcome.Success(resultJson, spent())
          : new ActionOutcome.Failure(error.error(), spent());
    }
  }

  record Died(ActionProcess.Death death) implements ActionEvent {}

  private static List<String> texts(MessageReader in) {
    int count = in.u32();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(in.text());
    }
    return List.copyOf(texts);
  }

  static Log log(MessageReader in) {
    LogLine.Level level = RunnerSession.LEVELS[in.u8()];
    boolean truncated = in.flag();
    long millis = (long) in.f64();
    return new Log(new LogLine(level, texts(in), truncated, millis, null));
  }

  static Head head(MessageReader in) {
    int status = in.u32();
    int stream = in.u32();
    int count = in.u32();
    List<Header> headers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      headers.add(new Header(in.text(), in.text()));
    }
    return new Head(status, List.copyOf(headers), stream);
  }

  static Done done(MessageReader in) {
    boolean ok = in.flag();
    boolean exiting = in.flag();
    double userMillis = in.f64();
    long grown = (long) in.f64();
    List<String> unawaited = texts(in);
    if (ok) {
      return new Done(in.bytes(), null, exiting, userMillis, grown, unawaited);
    }
    String code = in.text();
    String message = in.text();
    String data = in.text();
    JsError error = ErrorData.checked(message, data, texts(in));
    return new Done(new byte[0], new Problem(code, error), exiting, userMillis, grown, unawaited);
  }
}

package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** An action's host that answers from functions given by the test, and notes what it was asked. */
final class StubActionHost implements ActionHost {
  final List<String> asked = new CopyOnWriteArrayList<>();
  final List<String> lines = new CopyOnWriteArrayList<>();
  final List<Boolean> parked = new CopyOnWriteArrayList<>();
  final Map<String, byte[]> files = new ConcurrentHashMap<>();
  volatile BiFunction<String, String, String> answers = (operation, args) -> "null";

  /** Answers with the arguments, but not before it was asked that many times. */
  void answerOnceAsked(int times) {
    CountDownLatch allAsked = new CountDownLatch(times);
    answers =
        (operation, args) -> {
          allAsked.countDown();
          try {
            allAsked.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return args;
        };
  }

  @Override
  public byte[] request(String operation, String argsJson) {
    asked.add(operation);
    return answers.apply(operation, argsJson).getBytes(UTF_8);
  }

  @Override
  public String store(InputStream content, @Nullable String contentType, @Nullable String digest) {
    try {
      files.put("stored", content.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "stored";
  }

  @Override
  public @Nullable StoredContent open(String storageId) {
    byte[] file = files.get(storageId);
    return file == null
        ? null
        : new StoredContent(new java.io.ByteArrayInputStream(file), file.length, "text/plain");
  }

  @Override
  public void log(LogLine line) {
    lines.add(line.pretty());
  }

  @Override
  public void parked(boolean isParked) {
    parked.add(isParked);
  }
}

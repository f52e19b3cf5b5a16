package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a function call ended, as the client may see it. */
public sealed interface CallOutcome {
  /** Lines {@code [LEVEL] text}; empty where the deployment redacts them (spec 30 §5.4). */
  List<String> logLines();

  /** Equal for outcomes that clients need not tell apart: request ids do not count (spec 10 §5). */
  default byte[] hash() {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    switch (this) {
      case Success success -> {
        digest.update((byte) 's');
        update(digest, success.value());
      }
      case Failure failure -> {
        digest.update((byte) 'f');
        update(digest, failure.detail().getBytes(UTF_8));
        if (failure.data() != null) {
          digest.update((byte) 'd');
          update(digest, failure.data());
        }
      }
    }
    for (String line : logLines()) {
      update(digest, line.getBytes(UTF_8));
    }
    return digest.digest();
  }

  private static void update(MessageDigest digest, byte[] part) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, part.length));
    digest.update(part);
  }

  /**
   * The function returned.
   *
   * @param value the result as encoded JSON, UTF-8, in canonical form: sorted keys, whole floats
   *     with {@code .0}. Shared: never changed
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by the session through its hash
  record Success(byte[] value, List<String> logLines) implements CallOutcome {}

  /**
   * The function failed in a way its caller may see.
   *
   * @param message {@code [Request ID: x] Server Error}, then the error's text and frames
   * @param detail the same without the request id: equal for repeated failures
   * @param data the data of a {@code ConvexError} as canonical encoded JSON
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Failure(String message, String detail, byte @Nullable [] data, List<String> logLines)
      implements CallOutcome {}
}

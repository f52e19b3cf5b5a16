package dev.freshet.functions;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * What a running action may ask for. One host serves one call, on any threads, several at once. A
 * {@code FreshetException} of any class is rejected into JavaScript; of those that are no error of
 * the user, only a general text crosses.
 */
public interface ActionHost {
  /**
   * An asynchronous syscall, e.g. {@code 1.0/actions/query}.
   *
   * @return UTF-8 JSON text
   */
  byte[] request(String operation, String argsJson);

  /**
   * Stores a file.
   *
   * @param digest what the action says its SHA-256 is, in Base64
   * @return the storage id
   */
  String store(InputStream content, @Nullable String contentType, @Nullable String digest);

  /** A stored file; null if there is none. */
  @Nullable StoredContent open(String storageId);

  /** A line of the console, as it is written. */
  void log(LogLine line);

  /**
   * The call has nothing to compute until something it waits for comes ({@code true}), or computes
   * again. Must not block.
   */
  void parked(boolean parked);

  /** Whether nobody waits for the call any more; asked before it begins. */
  default boolean isAbandoned() {
    return false;
  }
}

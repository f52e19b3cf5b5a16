package dev.freshet.storage.blob;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Immutable blobs (modules, files, exports) named by the SHA-256 of their content: 64 lower-case
 * hexadecimal digits. Implementations are safe for use by many threads.
 */
public interface BlobStore {
  /**
   * Stores a blob; returns after it would survive a crash. One that exists already is only renewed.
   *
   * @throws dev.freshet.values.FreshetException if the name is not of the above form or is not the
   *     content's hash, or if the content can't be written
   */
  void put(String sha256, byte[] content);

  /** The whole blob; null if there is none. The array belongs to the caller. */
  byte @Nullable [] get(String sha256);

  boolean contains(String sha256);

  /** Removes a blob; nothing happens if there is none. */
  void delete(String sha256);

  /**
   * Makes a blob as young as if it had just been put, so that {@link #deleteIfOlder} leaves it to
   * whoever is about to refer to it; returns whether there is one.
   */
  boolean renew(String sha256);

  /** The blobs that were last put or renewed before a moment (milliseconds since 1970). */
  List<String> olderThan(long unixMillis);

  /** Removes a blob unless it was put or renewed since the moment; returns whether it did. */
  boolean deleteIfOlder(String sha256, long unixMillis);
}

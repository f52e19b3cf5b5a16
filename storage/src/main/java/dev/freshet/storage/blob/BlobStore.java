package dev.freshet.storage.blob;

import org.jspecify.annotations.Nullable;

/**
 * Immutable blobs (modules, files, exports) named by the SHA-256 of their content: 64 lower-case
 * hexadecimal digits. Implementations are safe for use by many threads.
 */
public interface BlobStore {
  /**
   * Stores a blob; returns after it would survive a crash. A blob that exists already is left as it
   * is.
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
}

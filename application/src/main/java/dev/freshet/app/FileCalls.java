package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.functions.StoredContent;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * What functions do with stored files (spec 30 §2.2, 50 §3). Those with a transaction belong to a
 * query or mutation and see and do things as part of it; the others are actions' and stand for
 * themselves. Answers are JSON text. Thread-safe.
 */
interface FileCalls {
  /** The address from which clients get the file; {@code null} if there is none. */
  String url(Transaction transaction, String storageId);

  /** {@code {storageId, sha256, size, contentType}}, or {@code null}. */
  String metadata(Transaction transaction, String storageId);

  /** An address to which a client may upload one file. */
  String uploadUrl();

  void delete(Transaction transaction, String storageId);

  /**
   * Stores a file; it is there when the transaction commits.
   *
   * @param digest the SHA-256 that it must have, in Base64
   * @return its storage id
   */
  String store(
      Transaction transaction, byte[] content, @Nullable String type, @Nullable String digest);

  /** Stores a file at once. */
  String store(InputStream content, @Nullable String type, @Nullable String digest);

  /** A file; null if there is none. */
  @Nullable StoredContent open(Transaction transaction, String storageId);

  /** A file as it is now; null if there is none. */
  @Nullable StoredContent open(String storageId);
}

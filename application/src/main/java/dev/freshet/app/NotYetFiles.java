package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.functions.StoredContent;
import dev.freshet.values.FreshetException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Refuses everything that has to do with files: they are not stored yet. */
@SuppressWarnings("DoNotCallSuggester")
final class NotYetFiles implements FileCalls {
  private static FreshetException refused() {
    return FreshetException.notYetAvailable("File storage");
  }

  @Override
  public String url(Transaction transaction, String storageId) {
    throw refused();
  }

  @Override
  public String metadata(Transaction transaction, String storageId) {
    throw refused();
  }

  @Override
  public String uploadUrl() {
    throw refused();
  }

  @Override
  public void delete(Transaction transaction, String storageId) {
    throw refused();
  }

  @Override
  public String store(
      Transaction transaction, byte[] content, @Nullable String type, @Nullable String digest) {
    throw refused();
  }

  @Override
  public String store(InputStream content, @Nullable String type, @Nullable String digest) {
    throw refused();
  }

  @Override
  public @Nullable StoredContent open(Transaction transaction, String storageId) {
    throw refused();
  }

  @Override
  public @Nullable StoredContent open(String storageId) {
    throw refused();
  }
}

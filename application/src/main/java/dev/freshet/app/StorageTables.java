package dev.freshet.app;

import dev.freshet.database.ClientVersion;
import dev.freshet.database.SystemTable;
import dev.freshet.database.SystemTable.Index;
import dev.freshet.database.Transaction;
import dev.freshet.values.Value;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.ObjectValue;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The stored files, and how {@code db.system} shows them as {@code _storage} (spec 40 §4.2). */
final class StorageTables {
  static final String BY_STORAGE_ID = "by_storage_id";

  /**
   * A file.
   *
   * @param storageId the UUID in its address
   * @param storageKey under which its content is kept
   * @param sha256 of the content
   * @param size of the content in bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record StoredFile(
      String storageId, String storageKey, byte[] sha256, long size, @Nullable String contentType) {
    private ObjectValue toObject() {
      return Fields.build()
          .put("storageId", storageId)
          .put("storageKey", storageKey)
          .put("sha256", new BytesValue(sha256))
          .put("size", Value.of(size))
          .putOptional("contentType", contentType)
          .object();
    }

    private static StoredFile fromObject(ObjectValue row) {
      return new StoredFile(
          Fields.text(row, "storageId"),
          Fields.text(row, "storageKey"),
          Fields.bytes(row, "sha256"),
          Fields.int64(row, "size"),
          Fields.optionalText(row, "contentType"));
    }
  }

  static final SystemTable<StoredFile> FILES =
      new SystemTable<>(
              "_file_storage",
              512 + 28,
              List.of(Index.of(BY_STORAGE_ID, "storageId")),
              StoredFile::toObject,
              StoredFile::fromObject)
          .shownAs(StorageTables::show);

  private StorageTables() {}

  private static ObjectValue show(Transaction transaction, StoredFile file, ClientVersion version) {
    String sha256 =
        version.isAtLeast(1, 9)
            ? Base64.getEncoder().encodeToString(file.sha256())
            : HexFormat.of().formatHex(file.sha256());
    return Fields.build()
        .put("sha256", sha256)
        .put("size", Value.of((double) file.size()))
        .putNullable("contentType", file.contentType())
        .object();
  }
}

package dev.freshet.database;

import dev.freshet.values.DocumentChecks;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The system tables that users may read in another form (spec 40 §4.2). A document shown has the id
 * and the creation time of the row behind it and is charged by that row's size.
 */
final class VirtualTables {
  private final Map<String, SystemTable<?>> byBackingName = new HashMap<>();

  VirtualTables(List<SystemTable<?>> tables) {
    for (SystemTable<?> table : tables) {
      if (table.form() != null) {
        byBackingName.put(table.name(), table);
      }
    }
  }

  /**
   * How a transaction sees the rows of a table; null: as they are.
   *
   * @throws FreshetException {@code InvalidClientVersion}
   */
  @Nullable UnaryOperator<Document> view(
      Transaction transaction, TableInfo table, @Nullable String clientVersion) {
    if (!table.isSystem() || transaction.scope().access() == AccessMode.SYSTEM) {
      return null;
    }
    ClientVersion version = ClientVersion.of(clientVersion);
    SystemTable<?> shown = byBackingName.get(table.name());
    if (shown == null) {
      throw FreshetException.notYetAvailable("db.system." + Catalog.userName(table.name()));
    }
    return row -> show(transaction, shown, row, version);
  }

  private static <T> Document show(
      Transaction transaction, SystemTable<T> table, Document row, ClientVersion version) {
    VirtualForm<T> form = Objects.requireNonNull(table.form());
    ObjectValue value =
        form.of(transaction, table.row(row).record(), version)
            .with(DocumentChecks.ID, row.id().toValue())
            .with(DocumentChecks.CREATION_TIME, creationTime(row));
    return new Document(row.id(), row.timestamp(), StoredForm.of(value), value, row.size());
  }

  private static Value creationTime(Document row) {
    return Objects.requireNonNull(row.value().get(DocumentChecks.CREATION_TIME));
  }
}

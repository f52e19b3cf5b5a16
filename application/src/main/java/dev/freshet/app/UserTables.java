package dev.freshet.app;

import dev.freshet.database.Document;
import dev.freshet.database.Namespace;
import dev.freshet.database.QuerySpec;
import dev.freshet.database.TableInfo;
import dev.freshet.database.Transaction;
import dev.freshet.values.DocumentId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables that administrators' functions may show (spec 60 §2.5): those of the user. A private
 * table is answered like one that doesn't exist, because some hold secrets.
 */
final class UserTables {
  /** A name that no table has. */
  private static final String NONEXISTENT = "_nonexistent";

  private UserTables() {}

  /** All of them by name; depends on their coming and going. */
  static List<TableInfo> all(SystemCall call) {
    call.all(QuerySpec.fullScan("_tables", dev.freshet.database.Order.ASC));
    List<TableInfo> tables = new ArrayList<>();
    for (TableInfo table : call.transaction().catalog().tables(Namespace.ROOT)) {
      if (!table.isSystem()) {
        tables.add(table);
      }
    }
    return tables;
  }

  /** The name itself if it may be looked into, else one that is as good as none. */
  static String visible(String name) {
    return name.startsWith("_") ? NONEXISTENT : name;
  }

  static long count(SystemCall call, String name) {
    return name.isEmpty() || name.startsWith("_") ? 0 : call.transaction().count(name);
  }

  /** The document of a user table, or null; any text may be asked for. */
  static @Nullable Document document(Transaction transaction, String id, @Nullable String table) {
    DocumentId decoded = DocumentId.tryDecode(id);
    if (decoded == null) {
      return null;
    }
    TableInfo info = transaction.tableByNumber(decoded.tableNumber());
    boolean shown =
        info != null && !info.isSystem() && (table == null || info.name().equals(table));
    return shown ? transaction.get(decoded) : null;
  }
}

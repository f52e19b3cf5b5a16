package dev.freshet.app;

import dev.freshet.database.Document;
import dev.freshet.database.Patch;
import dev.freshet.database.TableInfo;
import dev.freshet.database.Transaction;
import dev.freshet.functions.SyscallResult;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Identifiers;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reading and writing single documents (spec 30 §2, 40 §3.3). */
final class DocumentSyscalls {
  private static final SyscallResult NULL = SyscallResult.answer("null");

  private final CallTree tree;
  private final Transaction transaction;

  DocumentSyscalls(CallTree tree, Transaction transaction) {
    this.tree = tree;
    this.transaction = transaction;
  }

  SyscallResult get(String json) {
    SyscallArgs args = SyscallArgs.parse("db.get", json);
    boolean system = args.flag("isSystem");
    if (system) {
      args = args.named("db.system.get");
    }
    DocumentId id = id(args);
    TableInfo table = transaction.tableByNumber(id.tableNumber());
    if (table == null) {
      return NULL;
    }
    checkSide(table, system);
    checkTable(args, table);
    Document document = transaction.get(id, args.optionalString("version"));
    return document == null ? NULL : answer(document);
  }

  SyscallResult insert(String json) {
    SyscallArgs args = SyscallArgs.parse("db.insert", json);
    String table = tableName(args, args.string("table"));
    Document document = transaction.insert(table, object(args));
    tree.noteWritten(document);
    return answerId(document.id());
  }

  SyscallResult patch(String json) {
    SyscallArgs args = SyscallArgs.parse("db.patch", json);
    DocumentId id = writableId(args);
    return written(transaction.patch(id, new Patch(patchFields(args))));
  }

  SyscallResult replace(String json) {
    SyscallArgs args = SyscallArgs.parse("db.replace", json);
    DocumentId id = writableId(args);
    return written(transaction.replace(id, object(args)));
  }

  SyscallResult delete(String json) {
    SyscallArgs args = SyscallArgs.parse("db.delete", json);
    return answer(transaction.delete(writableId(args)));
  }

  SyscallResult count(String json) {
    SyscallArgs args = SyscallArgs.parse("db.count", json);
    return SyscallResult.answer(transaction.count(tableName(args, args.string("table"))) + ".0");
  }

  String normalizeId(String json) {
    SyscallArgs args = SyscallArgs.parse("db.normalizeId", json);
    DocumentId id =
        transaction.normalizeId(tableName(args, args.string("table")), args.string("idString"));
    return id == null ? "{\"id\":null}" : "{\"id\":\"" + id.encode() + "\"}";
  }

  private SyscallResult written(Document document) {
    tree.noteWritten(document);
    return answer(document);
  }

  /** The document as it is stored, without a copy. */
  private static SyscallResult answer(Document document) {
    byte[] stored = document.stored();
    int offset = document.jsonOffset();
    return new SyscallResult.Answer(stored, offset, stored.length - offset);
  }

  private static SyscallResult answerId(DocumentId id) {
    return SyscallResult.answer("{\"_id\":\"" + id.encode() + "\"}");
  }

  private static DocumentId id(SyscallArgs args) {
    try {
      return DocumentId.decode(args.string("id"));
    } catch (FreshetException e) {
      if (e.code().equals("InvalidArgument")) {
        throw e;
      }
      throw args.invalid("id", e.text());
    }
  }

  private DocumentId writableId(SyscallArgs args) {
    DocumentId id = id(args);
    TableInfo table = transaction.tableByNumber(id.tableNumber());
    if (table == null) {
      throw args.invalid("id", "Table for ID \"" + id.encode() + "\" not found");
    }
    checkSide(table, false);
    checkTable(args, table);
    return id;
  }

  private static void checkSide(TableInfo table, boolean system) {
    if (table.isSystem() != system) {
      throw FreshetException.badRequest(
          "SystemTableError",
          system
              ? "User tables cannot be accessed with db.system."
              : "System tables can only be accessed with db.system.");
    }
  }

  /** The table that newer libraries name beside the id must be the id's. */
  private static void checkTable(SyscallArgs args, TableInfo actual) {
    String requested = args.optionalString("table");
    String name = VisibleTables.nameOf(actual);
    if (requested != null && !requested.equals(name)) {
      throw args.invalid(
          "id", "expected to be an Id<\"" + requested + "\">, got Id<\"" + name + "\"> instead.");
    }
  }

  private static String tableName(SyscallArgs args, String name) {
    try {
      return Identifiers.checkIdentifier(name);
    } catch (FreshetException e) {
      throw args.invalid("table", e.text());
    }
  }

  private static ObjectValue object(SyscallArgs args) {
    String json = args.json("value");
    try {
      return ValueJson.parsePendingObject(json);
    } catch (FreshetException e) {
      throw args.invalid("value", e.text());
    }
  }

  private static Map<String, @Nullable Value> patchFields(SyscallArgs args) {
    String json = args.json("value");
    try {
      return ValueJson.parsePatch(json);
    } catch (FreshetException e) {
      throw args.invalid("value", e.text());
    }
  }
}

package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.database.Subtransaction;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionBudget;
import dev.freshet.functions.FunctionCall;
import dev.freshet.functions.FunctionKind;
import dev.freshet.functions.FunctionOutcome;
import dev.freshet.functions.JsError;
import dev.freshet.functions.SyscallResult;
import dev.freshet.functions.SyscallResult.Failed;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;
import org.jspecify.annotations.Nullable;

/**
 * {@code ctx.runQuery} and {@code ctx.runMutation} inside a query or mutation (spec 30 §11.7): a
 * part of the caller's transaction, run by the caller's process. What a failed mutation wrote is
 * taken back; what it read stays read.
 */
final class NestedCalls {
  private static final String METHOD = "runUdf";
  private static final String FUNCTION_REFERENCE = "_reference/function/";
  private static final byte[] NO_SEED = new byte[32]; // the runner draws a nested call's seed

  private final DatabaseSyscalls caller;

  private enum Type {
    QUERY("Query", FunctionKind.QUERY),
    SNAPSHOT_QUERY("SnapshotQuery", FunctionKind.QUERY),
    MUTATION("Mutation", FunctionKind.MUTATION);

    private final String label;
    private final FunctionKind kind;

    Type(String label, FunctionKind kind) {
      this.label = label;
      this.kind = kind;
    }
  }

  NestedCalls(DatabaseSyscalls caller) {
    this.caller = caller;
  }

  SyscallResult run(String json) {
    SyscallArgs args = SyscallArgs.parse(METHOD, json);
    Type type = type(args);
    FunctionPath path = path(args);
    CallTree tree = caller.tree();
    Transaction transaction = caller.transaction();
    PreFlight.Cleared cleared =
        tree.services()
            .preFlight()
            .clear(
                transaction,
                path,
                type.kind,
                arguments(args),
                PreFlight.Visibility.ALL,
                caller.kind() == FunctionKind.MUTATION);
    checkDepth();
    TransactionBudget budget = budget(args);
    if (type == Type.SNAPSHOT_QUERY) {
      Transaction snapshot = transaction.withoutWrites();
      return nested(
          tree, cleared, snapshot, snapshot.begin(snapshot.scope(), budget), snapshot, type);
    }
    Subtransaction part = transaction.begin(transaction.scope(), budget);
    return nested(tree, cleared, caller.snapshot(), part, transaction, type);
  }

  private SyscallResult nested(
      CallTree tree,
      PreFlight.Cleared cleared,
      @Nullable Transaction snapshot,
      Subtransaction part,
      Transaction transaction,
      Type type) {
    DatabaseSyscalls host =
        new DatabaseSyscalls(tree, type.kind, cleared.path(), caller.depth() + 1, null, snapshot);
    FunctionCall call =
        new FunctionCall(
            type.kind,
            cleared.module().modules(),
            cleared.path().module(),
            cleared.path().function(),
            cleared.args(),
            NO_SEED,
            tree.unixMillis(),
            cleared.importPhase(),
            tree.services().callLimits());
    return new SyscallResult.Nested(
        call, host, outcome -> finish(outcome, cleared, part, transaction, type));
  }

  private SyscallResult finish(
      FunctionOutcome outcome,
      PreFlight.Cleared cleared,
      Subtransaction part,
      Transaction transaction,
      Type type) {
    SyscallResult answer = answer(outcome, cleared, transaction);
    if (type == Type.MUTATION && answer instanceof Failed) {
      part.rollback();
    } else {
      part.commit();
    }
    return answer;
  }

  private SyscallResult answer(
      FunctionOutcome outcome, PreFlight.Cleared cleared, Transaction transaction) {
    return switch (outcome) {
      case FunctionOutcome.Failure failure -> new Failed(rethrown(failure.error()));
      case FunctionOutcome.Success success -> {
        try {
          yield SyscallResult.answer(
              caller
                  .tree()
                  .services()
                  .results()
                  .check(
                      cleared,
                      success.resultJson(),
                      new VisibleTables(transaction),
                      caller.tree().isMutation())
                  .json());
        } catch (FreshetException e) {
          yield new Failed(FreshetException.badRequest("InvalidReturnValue", e.text()));
        }
      }
    };
  }

  /** The error as the calling function catches it. */
  private static FreshetException rethrown(JsError error) {
    Value data = null;
    String dataJson = error.dataJson();
    if (dataJson != null) {
      try {
        data = ValueJson.parse(dataJson);
      } catch (FreshetException e) {
        return FreshetException.badRequest(
            "NestedCallFailed", "ConvexError with invalid data: " + e.text());
      }
    }
    return new FreshetException(
        ErrorClass.BAD_REQUEST, "NestedCallFailed", error.text().stripTrailing(), data, null);
  }

  private Type type(SyscallArgs args) {
    Type type =
        switch (args.string("udfType")) {
          case "query" -> Type.QUERY;
          case "mutation" -> Type.MUTATION;
          case "snapshotQuery" -> Type.SNAPSHOT_QUERY;
          default -> throw args.invalid("udfType", "expected \"query\" or \"mutation\"");
        };
    if (caller.kind() == FunctionKind.QUERY && type != Type.QUERY) {
      throw FreshetException.badRequest(
          "InvalidFunctionCall",
          "Cannot call a "
              + type.label
              + " function from a "
              + caller.kind().wireName()
              + " function");
    }
    return type;
  }

  private static FunctionPath path(SyscallArgs args) {
    if (args.optionalString("functionHandle") != null) {
      throw FreshetException.notYetAvailable("Calling functions by their handles");
    }
    String name = args.optionalString("name");
    if (name == null) {
      String reference = args.optionalString("reference");
      if (reference == null) {
        throw args.invalid("Missing required argument 'name'");
      }
      if (reference.startsWith("_reference/childComponent/")) {
        throw FreshetException.notYetAvailable("Calling functions of components");
      }
      if (!reference.startsWith(FUNCTION_REFERENCE)) {
        throw FreshetException.badRequest("InvalidReference", "Invalid reference " + reference);
      }
      name = reference.substring(FUNCTION_REFERENCE.length());
    }
    try {
      return FunctionPath.parse(name);
    } catch (FreshetException e) {
      throw args.invalid("name", e.text());
    }
  }

  private static byte[] arguments(SyscallArgs args) {
    String json = args.json("args");
    if (!json.startsWith("[") && !json.startsWith("{")) {
      throw args.invalid("args", "Value must be an Object");
    }
    return json.getBytes(UTF_8);
  }

  private void checkDepth() {
    int most = caller.tree().services().limits().getInt(Limit.MAX_REACTOR_CALL_DEPTH);
    if (caller.depth() + 1 > most) {
      throw FreshetException.badRequest(
          "MaximumCallDepthExceeded",
          "Cross component call depth limit exceeded: a function may call functions that call"
              + " functions, "
              + most
              + " levels deep. Does one of them call itself without an end?");
    }
  }

  private static TransactionBudget budget(SyscallArgs args) {
    String json = args.optionalJson("transactionLimits");
    if (json == null || json.equals("null")) {
      return TransactionBudget.NONE;
    }
    SyscallArgs limits = SyscallArgs.parse(METHOD, json);
    return new TransactionBudget(
        limits.optionalCount("bytesRead"),
        limits.optionalCount("bytesWritten"),
        limits.optionalCount("databaseQueries"),
        limits.optionalCount("documentsRead"),
        limits.optionalCount("documentsWritten"),
        limits.optionalCount("functionsScheduled"),
        limits.optionalCount("scheduledFunctionArgsBytes"));
  }
}

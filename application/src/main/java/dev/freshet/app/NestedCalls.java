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
    CallTree tree = caller.tree();
    Transaction transaction = caller.transaction();
    FunctionPath path = FunctionAddresses.resolve(transaction, args);
    PreFlight.Cleared cleared =
        tree.services()
            .preFlight()
            .clear(
                transaction,
                path,
                type.kind,
                FunctionAddresses.arguments(args).getBytes(UTF_8),
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
        return failed("ConvexError with invalid data: " + e.text(), null);
      }
    }
    return failed(error.text().stripTrailing(), data);
  }

  /** The error of a function that another one called, as that one catches it. */
  static FreshetException failed(String text, @Nullable Value data) {
    return new FreshetException(ErrorClass.BAD_REQUEST, "NestedCallFailed", text, data, null);
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

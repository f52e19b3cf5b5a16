package dev.freshet.app;

import dev.freshet.app.CursorCodec.Cursor;
import dev.freshet.database.Transaction;
import dev.freshet.functions.FunctionHost;
import dev.freshet.functions.FunctionKind;
import dev.freshet.functions.Syscall;
import dev.freshet.functions.SyscallResult;
import dev.freshet.functions.SyscallResult.Failed;
import dev.freshet.functions.SyscallResult.Nested;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The host of one running query or mutation (spec 30 §2): answers its syscalls from the
 * transaction. A nested call has a host of its own over the same transaction.
 *
 * <p>Syscalls are carried out strictly in the order in which they were made, so that a read that
 * was issued after a write sees it. A batch ends after a nested call, because what follows it must
 * see what it did; and after a failure that ends the whole call.
 */
final class DatabaseSyscalls implements FunctionHost {
  /** Syscalls that don't change what running queries will see. */
  private static final Set<String> READS =
      Set.of("1.0/get", "1.0/queryStream", "1.0/queryStreamNext", "1.0/queryPage", "1.0/count");

  private final CallTree tree;
  private final FunctionKind kind;
  private final FunctionPath path;
  private final int depth;
  private final @Nullable Transaction snapshot;
  private final NestedCalls nested;
  private QuerySyscalls queries;
  private DocumentSyscalls documents;
  private final @Nullable Cursor previousEnd;

  /**
   * @param depth of nesting; 0 for a top-level call
   * @param previousEnd where the last run of the same live query ended its page
   * @param snapshot what to read instead of the tree's transaction, for a nested snapshot query
   */
  DatabaseSyscalls(
      CallTree tree,
      FunctionKind kind,
      FunctionPath path,
      int depth,
      @Nullable Cursor previousEnd,
      @Nullable Transaction snapshot) {
    this.tree = tree;
    this.kind = kind;
    this.path = path;
    this.depth = depth;
    this.previousEnd = previousEnd;
    this.snapshot = snapshot;
    this.nested = new NestedCalls(this);
    this.queries = new QuerySyscalls(transaction(), tree.services(), previousEnd);
    this.documents = new DocumentSyscalls(tree, transaction());
  }

  CallTree tree() {
    return tree;
  }

  FunctionKind kind() {
    return kind;
  }

  int depth() {
    return depth;
  }

  /** What this call reads instead of the tree's transaction, if it does. */
  @Nullable Transaction snapshot() {
    return snapshot;
  }

  Transaction transaction() {
    return snapshot != null ? snapshot : tree.transaction();
  }

  /** Where the call's page ended; null if it didn't paginate. */
  @Nullable Cursor endCursor() {
    return queries.endCursor();
  }

  @Override
  public boolean isGone() {
    return tree.context().gone().getAsBoolean();
  }

  @Override
  public void parked(boolean parked) {
    tree.park(parked);
  }

  @Override
  public boolean isUrgent() {
    return tree.isUrgent();
  }

  @Override
  public String syscall(String operation, String argsJson) {
    return switch (operation) {
      case "1.0/db/normalizeId" -> documents.normalizeId(argsJson);
      case "1.0/getSnapshotTs" -> {
        tree.observeTime();
        yield MetadataSyscalls.snapshotTimestamp(transaction().beginTimestamp());
      }
      case "1.0/componentArgument" ->
          throw FreshetException.badRequest(
              "NoComponentArgs", "Component arguments are not available within the app");
      default ->
          throw FreshetException.badRequest("UnknownOperation", "Unknown operation " + operation);
    };
  }

  @Override
  public List<SyscallResult> asyncSyscalls(List<Syscall> pending) {
    int most =
        Math.min(pending.size(), tree.services().limits().getInt(Limit.MAX_SYSCALL_BATCH_SIZE));
    List<SyscallResult> results = new ArrayList<>(most);
    boolean ahead = pending.stream().allMatch(call -> READS.contains(call.operation()));
    for (int i = 0; i < most; i++) {
      SyscallResult result = answer(pending.get(i), ahead);
      results.add(result);
      if (result instanceof Nested
          || (result instanceof Failed failed
              && !failed.error().errorClass().isDeterministicUserError())) {
        break;
      }
    }
    return results;
  }

  @Override
  public void streamRead(int stream, int rows, boolean closed) {
    queries.read(stream, rows, closed);
  }

  @Override
  public void rewindStreams() {
    queries.rewind();
  }

  private SyscallResult answer(Syscall call, boolean ahead) {
    try {
      return switch (call.operation()) {
        case "1.0/queryStream" -> queries.start(call.stream(), call.argsJson(), ahead);
        case "1.0/queryStreamNext" -> queries.next(call.stream(), ahead);
        default -> dispatch(call.operation(), call.argsJson());
      };
    } catch (FreshetException e) {
      return new Failed(e);
    }
  }

  private SyscallResult dispatch(String operation, String args) {
    return switch (operation) {
      case "1.0/get" -> documents.get(args);
      case "1.0/queryPage" -> queries.page(args);
      case "1.0/count" -> documents.count(args);
      case "1.0/insert" -> {
        requireMutation("db.insert");
        yield documents.insert(args);
      }
      case "1.0/shallowMerge" -> {
        requireMutation("db.patch");
        yield documents.patch(args);
      }
      case "1.0/replace" -> {
        requireMutation("db.replace");
        yield documents.replace(args);
      }
      case "1.0/remove" -> {
        requireMutation("db.delete");
        yield documents.delete(args);
      }
      case "1.0/runUdf" -> nested.run(args);
      case "1.0/getUserIdentity" -> SyscallResult.answer(userIdentity());
      case "1.0/getTransactionMetrics" ->
          SyscallResult.answer(MetadataSyscalls.transactionMetrics(transaction().usage()));
      case "1.0/getFunctionMetadata" -> SyscallResult.answer(MetadataSyscalls.function(path));
      case "1.0/getDeploymentMetadata" ->
          SyscallResult.answer(MetadataSyscalls.deployment(tree.services().deploymentName()));
      case "1.0/getRequestMetadata" -> SyscallResult.answer(requestMetadata());
      case "1.0/createFunctionHandle" ->
          SyscallResult.answer(FunctionAddresses.handle(transaction(), args));
      case "1.0/signJwt" -> {
        if (kind != FunctionKind.MUTATION) {
          throw PlatformSyscalls.unknown(operation);
        }
        yield SyscallResult.answer(tree.services().jwts().sign(args, tree.unixMillis()));
      }
      case "1.0/auditLog" -> throw FreshetException.notYetAvailable("The audit log");
      default -> platform(operation, args);
    };
  }

  private SyscallResult platform(String operation, String args) {
    if (PlatformSyscalls.isForMutations(operation)) {
      requireMutation(operation);
    } else if (!PlatformSyscalls.isRead(operation)) {
      throw PlatformSyscalls.unknown(operation);
    }
    if (operation.equals("1.0/storageGenerateUploadUrl")) {
      tree.observeTime(); // it says when it expires
    }
    return SyscallResult.answer(
        tree.services().platform().call(transaction(), operation, args, tree.context()));
  }

  /** A query that writes by hand is refused before anything is staged. */
  private void requireMutation(String method) {
    if (kind != FunctionKind.MUTATION) {
      throw FreshetException.badRequest(
          "WriteInQuery", "`" + method + "` is only available in mutations: queries cannot write.");
    }
  }

  private String userIdentity() {
    tree.observeIdentity();
    return MetadataSyscalls.userIdentity(tree.identity());
  }

  private String requestMetadata() {
    if (kind != FunctionKind.MUTATION) {
      throw FreshetException.badRequest(
          "RequestMetadataNotAllowed", "Cannot get request metadata in a query");
    }
    tree.observeIdentity();
    return MetadataSyscalls.request(tree.context());
  }

  @Override
  public @Nullable String environmentVariable(String name) {
    return tree.services().environment().get(transaction(), name);
  }

  @Override
  public boolean restart() {
    if (depth > 0 || !tree.restart()) {
      return false;
    }
    queries = new QuerySyscalls(tree.transaction(), tree.services(), previousEnd);
    documents = new DocumentSyscalls(tree, tree.transaction());
    return true;
  }
}

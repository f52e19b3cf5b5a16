package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.Permits.Permit;
import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.functions.ActionHost;
import dev.freshet.functions.LogLine;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.functions.StoredContent;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.ValueJson;
import java.io.InputStream;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The host of one running action (spec 30 §2.3). Every call that the action makes is an execution
 * of its own, in a transaction of its own, on the thread that asks; they see each other's commits.
 * They come before calls from outside, and wait as long as it takes: an action that has begun must
 * be able to end.
 *
 * <p>An action of the V8 environment gives its place to run back while it only waits. One of the
 * Node environment keeps it, for nobody knows what its process is doing, except while it waits for
 * another action: that may need the very place.
 */
final class ActionCalls implements ActionHost {
  /**
   * What actions can call. An outcome says what the function says; whatever is thrown is a failure
   * of the system.
   */
  interface Functions {
    CallOutcome query(QueryRequest request);

    CallOutcome mutation(MutationRequest request);

    CallOutcome action(MutationRequest request);
  }

  /** What never changes while the server runs. */
  record Services(
      Database database,
      SystemWrites writes,
      CallTree.Services calls,
      PlatformSyscalls platform,
      FileCalls files,
      Functions functions) {}

  private final Services services;
  private final ActionRun run;
  private final ActionLog log;
  private final Permit permit;
  private int waitingForActions; // guarded by this

  ActionCalls(Services services, ActionRun run, ActionLog log, Permit permit) {
    this.services = services;
    this.run = run;
    this.log = log;
    this.permit = permit;
  }

  @Override
  public byte[] request(String operation, String argsJson) {
    return switch (operation) {
      case "1.0/actions/query" -> query(SyscallArgs.parse("runQuery", argsJson));
      case "1.0/actions/mutation" -> mutation(SyscallArgs.parse("runMutation", argsJson));
      case "1.0/actions/action" -> action(SyscallArgs.parse("runAction", argsJson));
      default -> answer(operation, argsJson).getBytes(UTF_8);
    };
  }

  private byte[] query(SyscallArgs args) {
    QueryRequest request =
        new QueryRequest(
            path(args), arguments(args), run.identity(), null, null, null, contextOfCalls());
    return result(() -> services.functions().query(request));
  }

  private byte[] mutation(SyscallArgs args) {
    MutationRequest request = called(args);
    return result(() -> services.functions().mutation(request));
  }

  private byte[] action(SyscallArgs args) {
    int most = services.calls().limits().getInt(Limit.MAX_ACTION_CALL_DEPTH);
    if (run.context().actionDepth() + 1 > most) {
      throw FreshetException.badRequest(
          "MaximumCallDepthExceeded",
          "Cross component call depth limit exceeded: an action may call actions that call"
              + " actions, "
              + most
              + " levels deep. Does one of them call itself without an end?");
    }
    MutationRequest request = called(args);
    waitForAction(1);
    try {
      return result(() -> services.functions().action(request));
    } finally {
      waitForAction(-1);
    }
  }

  private synchronized void waitForAction(int change) {
    waitingForActions += change;
    if (run.environment() == ModuleEnvironment.NODE) {
      if (waitingForActions > 0) {
        permit.pause();
      } else {
        permit.resume();
      }
    }
  }

  private MutationRequest called(SyscallArgs args) {
    return new MutationRequest(path(args), arguments(args), run.identity(), null, contextOfCalls());
  }

  private RequestContext contextOfCalls() {
    return run.context().ofCallBy(run.timer().executionId());
  }

  private FunctionPath path(SyscallArgs args) {
    return FunctionAddresses.resolve(begin(), args);
  }

  private static byte[] arguments(SyscallArgs args) {
    return FunctionAddresses.arguments(args).getBytes(UTF_8);
  }

  /** What the action gets, or catches. */
  private static byte[] result(Supplier<CallOutcome> call) {
    CallOutcome outcome;
    try {
      outcome = call.get();
    } catch (FreshetException e) {
      if (e.errorClass() != ErrorClass.REJECTED_BEFORE_EXECUTION) {
        throw e;
      }
      // The action has begun, so its own caller must not take this for a call that has not.
      throw new FreshetException(ErrorClass.OVERLOADED, e.code(), e.text(), null, e);
    }
    return switch (outcome) {
      case CallOutcome.Success success -> success.value();
      case CallOutcome.Failure failure ->
          throw NestedCalls.failed(
              failure.message(), failure.data() == null ? null : ValueJson.parse(failure.data()));
    };
  }

  private String answer(String operation, String args) {
    return switch (operation) {
      case "1.0/getUserIdentity" -> MetadataSyscalls.userIdentity(run.identity());
      case "1.0/getFunctionMetadata" -> MetadataSyscalls.function(run.path());
      case "1.0/getDeploymentMetadata" ->
          MetadataSyscalls.deployment(services.calls().deploymentName());
      case "1.0/getRequestMetadata" -> MetadataSyscalls.request(run.context());
      case "1.0/createFunctionHandle" -> FunctionAddresses.handle(begin(), args);
      case "1.0/actions/vectorSearch" -> throw FreshetException.notYetAvailable("Vector search");
      case "1.0/createServiceToken", "1.0/getServiceUrl" ->
          throw FreshetException.badRequest(
              "AiGatewayUnavailable",
              "The AI gateway is a service of Convex's cloud. This server has none: call the"
                  + " model's provider directly.");
      case "1.0/auditLog" ->
          throw FreshetException.badRequest(
              "AuditLogNotSupportedInAction", "Audit logging is not yet supported in actions");
      default -> platform(operation, args);
    };
  }

  private String platform(String operation, String args) {
    RequestContext context = run.context();
    if (PlatformSyscalls.isRead(operation)) {
      return services.platform().call(begin(), operation, args, context);
    }
    if (!PlatformSyscalls.isForActions(operation)) {
      throw PlatformSyscalls.unknown(operation);
    }
    return services
        .writes()
        .run("action", writing -> services.platform().call(writing, operation, args, context));
  }

  private Transaction begin() {
    return services.database().begin(TransactionOptions.USER);
  }

  @Override
  public String store(InputStream content, @Nullable String contentType, @Nullable String digest) {
    return services.files().store(content, contentType, digest);
  }

  @Override
  public @Nullable StoredContent open(String storageId) {
    return services.files().open(storageId);
  }

  @Override
  public void log(LogLine line) {
    log.add(line);
  }

  @Override
  public void parked(boolean parked) {
    if (run.environment() == ModuleEnvironment.NODE) {
      return;
    }
    if (parked) {
      permit.pause();
    } else {
      permit.resume();
    }
  }

  @Override
  public boolean isAbandoned() {
    return run.context().gone().getAsBoolean();
  }
}

package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.database.Transaction;
import dev.freshet.functions.StoredContent;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.io.IOException;
import java.util.Base64;
import java.util.Set;

/**
 * The host calls about files and scheduled functions (spec 30 §2.2, §2.3), inside a transaction:
 * the query's or mutation's, or one of its own for an action. Thread-safe.
 */
final class PlatformSyscalls {
  /** For all kinds of functions. */
  private static final Set<String> READS =
      Set.of("1.0/storageGetUrl", "1.0/storageGetMetadata", "1.0/storageGenerateUploadUrl");

  private static final Set<String> OF_MUTATIONS =
      Set.of(
          "1.0/storageDelete",
          "1.0/storageStore",
          "1.0/storageGet",
          "1.0/schedule",
          "1.0/cancel_job");

  private static final Set<String> OF_ACTIONS =
      Set.of(
          "1.0/storageDelete",
          "1.0/actions/schedule",
          "actions/schedule",
          "1.0/actions/cancel_job");

  private static final double MILLIS_PER_SECOND = 1000;

  private final FileCalls files;
  private final JobCalls jobs;

  PlatformSyscalls(FileCalls files, JobCalls jobs) {
    this.files = files;
    this.jobs = jobs;
  }

  static boolean isRead(String operation) {
    return READS.contains(operation);
  }

  /** Whether mutations may call it, and queries may not. */
  static boolean isForMutations(String operation) {
    return OF_MUTATIONS.contains(operation);
  }

  /** Whether actions may call it, in a transaction that writes. */
  static boolean isForActions(String operation) {
    return OF_ACTIONS.contains(operation);
  }

  static FreshetException unknown(String operation) {
    return FreshetException.badRequest(
        "UnknownAsyncOperation", "Unknown async operation " + operation);
  }

  /**
   * The answer as JSON.
   *
   * @param by the call that asks
   */
  String call(Transaction transaction, String operation, String argsJson, RequestContext by) {
    return switch (operation) {
      case "1.0/storageGetUrl" -> files.url(transaction, storageId("storage.getUrl", argsJson));
      case "1.0/storageGetMetadata" ->
          files.metadata(transaction, storageId("storage.getMetadata", argsJson));
      case "1.0/storageGenerateUploadUrl" -> Json.text(files.uploadUrl());
      case "1.0/storageDelete" -> {
        files.delete(transaction, storageId("storage.delete", argsJson));
        yield "null";
      }
      case "1.0/storageStore" -> store(transaction, SyscallArgs.parse("storage.store", argsJson));
      case "1.0/storageGet" -> content(transaction, storageId("storage.get", argsJson));
      case "1.0/schedule", "1.0/actions/schedule", "actions/schedule" ->
          schedule(transaction, SyscallArgs.parse("scheduler", argsJson), by);
      case "1.0/cancel_job", "1.0/actions/cancel_job" -> {
        jobs.cancel(transaction, SyscallArgs.parse("db.cancel_job", argsJson).string("id"));
        yield "null";
      }
      default -> throw unknown(operation);
    };
  }

  private static String storageId(String method, String argsJson) {
    return SyscallArgs.parse(method, argsJson).string("storageId");
  }

  private String store(Transaction transaction, SyscallArgs args) {
    byte[] content;
    try {
      content = Base64.getDecoder().decode(args.string("blob"));
    } catch (IllegalArgumentException e) {
      throw args.invalid("blob", "expected Base64");
    }
    return Json.text(
        files.store(
            transaction,
            content,
            args.optionalString("contentType"),
            args.optionalString("sha256")));
  }

  private String content(Transaction transaction, String storageId) {
    try (StoredContent content = files.open(transaction, storageId)) {
      return content == null
          ? "null"
          : "{\"blob\":"
              + Json.text(Base64.getEncoder().encodeToString(content.stream().readAllBytes()))
              + ",\"contentType\":"
              + Json.text(content.contentType())
              + "}";
    } catch (IOException e) {
      throw FreshetException.internal("A stored file can't be read", e);
    }
  }

  private String schedule(Transaction transaction, SyscallArgs args, RequestContext by) {
    FunctionPath path = FunctionAddresses.resolve(transaction, args);
    Value given;
    try {
      given = ValueJson.parse(FunctionAddresses.arguments(args).getBytes(UTF_8));
    } catch (FreshetException e) {
      throw args.invalid("args", e.text());
    }
    ArrayValue positional =
        switch (given) {
          case ArrayValue array -> array;
          case ObjectValue object -> ArrayValue.of(object);
          default -> throw args.invalid("args", "Value must be an Object");
        };
    double millis = seconds(args) * MILLIS_PER_SECOND;
    return Json.text(jobs.schedule(transaction, path, positional, millis, by));
  }

  private static double seconds(SyscallArgs args) {
    try {
      double seconds = Double.parseDouble(args.json("ts"));
      if (Double.isFinite(seconds)) {
        return seconds;
      }
    } catch (NumberFormatException e) {
      // Not a number: refused below.
    }
    throw args.invalid("ts", "expected a number of seconds");
  }
}

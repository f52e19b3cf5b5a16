package dev.freshet.app;

import dev.freshet.database.ClientVersion;
import dev.freshet.database.SystemTable;
import dev.freshet.database.SystemTable.Index;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Functions to be run later, and how {@code db.system} shows them as {@code _scheduled_functions}
 * (spec 40 §4.2, §4.3). Timestamps are nanoseconds.
 */
final class ScheduleTables {
  static final String BY_NEXT_TS = "by_next_ts";
  static final String BY_COMPLETED_TS = "by_completed_ts";
  static final String BY_FUNCTION = "by_udf_path_and_next_event_ts";

  private static final int FIRST_NUMBER = 512;
  private static final double NANOS_PER_MILLI = 1e6;

  /**
   * A function to be run once.
   *
   * @param args the id of its row in {@link #ARGS}; null: it has none any more
   * @param state its {@code type} and what belongs to it
   * @param nextTs when it will run; null once it has
   * @param completedTs when it ended; null until then
   * @param originalTs when it was to run at first
   */
  record Job(
      String path,
      @Nullable DocumentId args,
      ObjectValue state,
      @Nullable Long nextTs,
      @Nullable Long completedTs,
      @Nullable Long originalTs,
      ObjectValue attempts) {
    private ObjectValue toObject() {
      Fields.Builder row = Fields.build().put("udfPath", path).put("state", state);
      row.putOptional("argsId", args == null ? null : args.encode());
      putTime(row, "nextTs", nextTs);
      putTime(row, "completedTs", completedTs);
      putTime(row, "originalScheduledTs", originalTs);
      return row.put("attempts", attempts).object();
    }

    private static Job fromObject(ObjectValue row) {
      String args = Fields.optionalText(row, "argsId");
      return new Job(
          Fields.text(row, "udfPath"),
          args == null ? null : DocumentId.decode(args),
          Fields.object(row, "state"),
          time(row, "nextTs"),
          time(row, "completedTs"),
          time(row, "originalScheduledTs"),
          row.get("attempts") instanceof ObjectValue attempts ? attempts : ObjectValue.EMPTY);
    }
  }

  static final SystemTable<Job> JOBS =
      new SystemTable<>(
              "_scheduled_jobs",
              FIRST_NUMBER + 27,
              List.of(
                  Index.of(BY_NEXT_TS, "nextTs"),
                  Index.of(BY_FUNCTION, "udfPath", "nextTs"),
                  Index.of(BY_COMPLETED_TS, "completedTs")),
              Job::toObject,
              Job::fromObject)
          .shownAs(ScheduleTables::show);

  /** The arguments of jobs: JSON arrays, apart because jobs are walked without them. */
  static final SystemTable<ArrayValue> ARGS =
      new SystemTable<>(
          "_scheduled_job_args",
          FIRST_NUMBER + 38,
          List.of(),
          args ->
              ObjectValue.of(
                  Map.of("args", new BytesValue(ValueJson.writeBytes(args, JsonFormat.ENCODED)))),
          row -> ValueJson.parseArray(Fields.bytes(row, "args")));

  /** The cron jobs that the app declares. */
  static final SystemTable<ObjectValue> CRON_JOBS =
      SystemTable.untyped("_cron_jobs", FIRST_NUMBER + 19, Index.of("by_name", "name"));

  static final SystemTable<ObjectValue> CRON_JOB_LOGS =
      SystemTable.untyped(
          "_cron_job_logs", FIRST_NUMBER + 21, Index.of("by_name_and_ts", "name", "ts"));

  static final SystemTable<ObjectValue> CRON_NEXT_RUN =
      SystemTable.untyped(
          "_cron_next_run",
          FIRST_NUMBER + 35,
          Index.of(BY_NEXT_TS, "nextTs"),
          Index.of("by_cron_job_id", "cronJobId"));

  static final List<SystemTable<?>> ALL =
      List.of(JOBS, ARGS, CRON_JOBS, CRON_JOB_LOGS, CRON_NEXT_RUN);

  private ScheduleTables() {}

  private static void putTime(Fields.Builder row, String field, @Nullable Long time) {
    if (time != null) {
      row.put(field, Value.of((long) time));
    }
  }

  private static @Nullable Long time(ObjectValue row, String field) {
    return row.get(field) instanceof Int64Value(long time) ? time : null;
  }

  private static ObjectValue show(Transaction transaction, Job job, ClientVersion version) {
    Fields.Builder shown =
        Fields.build()
            .put("name", job.path())
            .put("args", arguments(transaction, job))
            .put("state", state(job.state()));
    Long scheduled = job.originalTs() != null ? job.originalTs() : job.nextTs();
    shown.put("scheduledTime", Value.of(scheduled == null ? 0.0 : scheduled / NANOS_PER_MILLI));
    if (job.completedTs() != null) {
      shown.put("completedTime", Value.of(job.completedTs() / NANOS_PER_MILLI));
    }
    return shown.object();
  }

  private static ArrayValue arguments(Transaction transaction, Job job) {
    Row<ArrayValue> args = job.args() == null ? null : ARGS.get(transaction, job.args());
    return args == null ? ArrayValue.EMPTY : args.record();
  }

  /** What is stored as {@code type} is shown as {@code kind}. */
  private static ObjectValue state(ObjectValue stored) {
    Map<String, Value> shown = new TreeMap<>(stored.fields());
    Value kind = shown.remove("type");
    if (kind == null) {
      throw FreshetException.internal("a scheduled job has no state", null);
    }
    shown.put("kind", kind);
    return ObjectValue.of(shown);
  }
}

package dev.freshet.app;

import dev.freshet.functions.ModuleEnvironment;
import java.util.List;

/**
 * One run of an action or HTTP action.
 *
 * @param kind {@code Action} or {@code HttpAction}
 * @param path the function; of an HTTP action, the router
 * @param identifier by which the function log names it
 */
record ActionRun(
    String kind,
    FunctionPath path,
    String identifier,
    ModuleEnvironment environment,
    Identity identity,
    RequestContext context,
    CompletionRecorder.Timer timer) {

  /** The same by another name: an HTTP action's is known when it has run. */
  ActionRun named(String name) {
    return new ActionRun(kind, path, name, environment, identity, context, timer);
  }

  FunctionProgress progress(List<CallLogLine> lines) {
    return new FunctionProgress(
        kind, identifier, context, timer.executionId(), lines, timer.startMillis());
  }
}

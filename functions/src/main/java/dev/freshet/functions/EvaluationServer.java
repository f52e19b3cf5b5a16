package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Serves one evaluation of a module at push. */
final class EvaluationServer {
  /** What is evaluated; the number is the protocol's. */
  enum What {
    ANALYZE(0),
    SCHEMA(1),
    AUTH_CONFIG(2),
    DEFINITION(3);

    private final int number;

    What(int number) {
      this.number = number;
    }
  }

  /**
   * @param json set on success
   * @param problem set on failure
   */
  record Result(@Nullable String json, @Nullable Problem problem, List<LogLine> lines) {}

  private final RunnerSession session;
  private final RunnerProcess process;
  private final Budget budget;
  private final List<LogLine> lines = new ArrayList<>();

  EvaluationServer(RunnerSession session, CallLimits limits) {
    this.session = session;
    this.process = session.process();
    this.budget = new Budget(limits);
  }

  Budget budget() {
    return budget;
  }

  Result run(What what, Evaluation evaluation) {
    try {
      return serve(what, evaluation);
    } catch (RunnerDiedException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      session.abort(budget);
      throw e;
    }
  }

  private Result serve(What what, Evaluation evaluation) {
    session.define(evaluation.modules());
    process.out.u8(what.number).text(evaluation.modules().identity()).text(evaluation.modulePath());
    session.writePhase(evaluation.importPhase());
    process.send(RunnerProtocol.EVALUATE);
    for (; ; ) {
      int type = process.receive(budget);
      switch (type) {
        case RunnerProtocol.ENVIRONMENT -> {
          String name = process.in.text();
          process.in.flag();
          session.answerVariable(evaluation.environment().apply(name));
        }
        case RunnerProtocol.LOG -> lines.add(session.readLine());
        case RunnerProtocol.NEED_SCRIPT, RunnerProtocol.NEED_MAP -> session.answerCode(type);
        case RunnerProtocol.DONE -> {
          return finish();
        }
        default -> throw session.unexpected(type);
      }
    }
  }

  private Result finish() {
    MessageReader in = process.in;
    in.flag();
    if (in.u32() != 0) {
      throw FreshetException.internal("an evaluation reads from the database", null);
    }
    boolean ok = in.flag();
    in.u8();
    in.u32();
    return ok
        ? new Result(in.text(), null, List.copyOf(lines))
        : new Result(null, session.readFailure(), List.copyOf(lines));
  }
}

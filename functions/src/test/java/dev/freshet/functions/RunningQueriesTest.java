package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.SyscallResult.Answer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows that were brought ahead are answered without asking, and reported once they are taken. */
class RunningQueriesTest extends RunnerTest {
  private static final String QUERY =
      """
      const query = () => {
        const { queryId } = JSON.parse(Convex.syscall('1.0/queryStream', '{"q":1}'));
        return {
          next: () => call('1.0/queryStreamNext', { queryId }),
          close: () => Convex.syscall('1.0/queryCleanup', JSON.stringify({ queryId })),
        };
      };
      """;

  /** Queries of the numbers 0 to 9, of which so many are brought at a time. */
  private void serve(int atOnce) {
    int[] given = new int[10];
    host.answers =
        syscall -> {
          if (syscall.stream() == 0) {
            return SyscallResult.answer("null");
          }
          List<Answer> rows = new ArrayList<>();
          while (rows.size() < atOnce && given[syscall.stream()] < 10) {
            byte[] json = (" " + given[syscall.stream()]++).getBytes(UTF_8);
            rows.add(new Answer(json, 1, json.length - 1));
          }
          return new SyscallResult.Rows(rows, given[syscall.stream()] == 10);
        };
  }

  private String run(String body) {
    return result(
        Fixtures.mutation(
            Script.module(QUERY + "export const f = make('Mutation', async () => {" + body + "});"),
            "test:f",
            "{}"));
  }

  @Test
  void askOncePerBatch() {
    serve(4);
    assertThat(
            run(
                """
                const q = query(); const seen = [];
                for (;;) { const { value, done } = await q.next(); if (done) break; seen.push(value); }
                return [seen, q.close()];
                """))
        .isEqualTo("[[0,1,2,3,4,5,6,7,8,9],\"false\"]");
    assertThat(host.asked)
        .containsExactly(
            "1.0/queryStream",
            "read 3 of 1",
            "1.0/queryStreamNext",
            "read 3 of 1",
            "1.0/queryStreamNext",
            "read 2 of 1, closed");
  }

  @Test
  void tellWhatWasTakenWhenTheyAreLeftEarly() {
    serve(10);
    assertThat(run("const q = query(); await q.next(); await q.next(); return q.close();"))
        .isEqualTo("\"true\"");
    assertThat(host.asked).containsExactly("1.0/queryStream", "read 1 of 1, closed");
  }

  @Test
  void tellWhatWasTakenWhenTheFunctionFails() {
    serve(10);
    run("const q = query(); await q.next(); await q.next(); await q.next(); return 1;");
    assertThat(host.asked).containsExactly("1.0/queryStream", "read 2 of 1");
    host.asked.clear();
    serve(10);
    FunctionCall call =
        Fixtures.query(
            Script.module(
                QUERY
                    + "export const f = make('Query', async () => { const q = query(); await"
                    + " q.next(); await q.next(); throw new Error('x'); });"),
            "test:f",
            "{}");
    assertThat(error(call).message()).contains("x");
    assertThat(host.asked).containsExactly("1.0/queryStream", "read 1 of 1");
  }

  @Test
  void areForgottenBeforeAWrite() {
    serve(3);
    assertThat(
            run(
                """
                const q = query(); const seen = [(await q.next()).value];
                const written = call('1.0/insert'); seen.push((await q.next()).value); await written;
                return seen;
                """))
        .isEqualTo("[0,3]"); // the host was told to go back, and this one has not
    assertThat(host.asked)
        .containsExactly("1.0/queryStream", "rewind", "1.0/insert", "1.0/queryStreamNext");
  }

  @Test
  void surviveReads() {
    serve(3);
    assertThat(
            run(
                """
                const q = query(); const a = (await q.next()).value; await call('1.0/get');
                return [a, (await q.next()).value];
                """))
        .isEqualTo("[0,1]");
    assertThat(host.asked).containsExactly("1.0/queryStream", "1.0/get", "read 1 of 1");
  }

  @Test
  void answerSeveralRequestsOfOneTurnInOrder() {
    serve(2);
    assertThat(
            run(
                """
                const q = query();
                return (await Promise.all([q.next(), q.next(), q.next()])).map((r) => r.value);
                """))
        .isEqualTo("[0,2,4]"); // as this host brings two, and goes on behind them
  }

  @Test
  void belongToTheirCall() {
    serve(10);
    assertThat(
            run(
                """
                query();
                const errors = [];
                for (const id of ['{"queryId":7}', '{"queryId":"1"}', '{}', '[1', '{"queryId":1']) {
                  try { errors.push(await Convex.asyncSyscall('1.0/queryStreamNext', id)); } catch (e) { errors.push(e.message); }
                }
                return errors.slice(0, 4);
                """))
        .isEqualTo("[\"null\",\"null\",\"null\",\"null\"]"); // all handed to the host
    run("return 1;");
    assertThat(host.asked).doesNotContain("1.0/queryStream");
  }
}

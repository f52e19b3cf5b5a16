package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.Evaluation;
import dev.freshet.functions.FunctionCall;
import dev.freshet.functions.FunctionHost;
import dev.freshet.functions.FunctionOutcome;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.Observed;
import dev.freshet.functions.Syscall;
import dev.freshet.functions.SyscallResult;
import java.time.Duration;
import java.util.List;

/**
 * Runs the transfer in Java, with the very host calls that the JavaScript makes, and everything
 * else in the real runner: what remains of a transaction's cost is the database's and the server's.
 */
final class StubRunner implements FunctionRunner {
  private static final byte[] NULL = "null".getBytes(UTF_8);

  private final FunctionRunner runner;

  StubRunner(FunctionRunner runner) {
    this.runner = runner;
  }

  @Override
  public FunctionOutcome run(FunctionCall call, FunctionHost host) {
    if (!call.functionName().equals("transfer")) {
      return runner.run(call, host);
    }
    String args = new String(call.argsJson(), UTF_8);
    double amount = number(args, "amount");
    String source = account(host, 1, number(args, "from"));
    String target = account(host, 2, number(args, "to"));
    patch(host, source, -amount);
    patch(host, target, amount);
    return new FunctionOutcome.Success(NULL, List.of(), Observed.NOTHING, Duration.ZERO);
  }

  private static String account(FunctionHost host, int query, double number) {
    String args =
        "{\"query\":{\"source\":{\"type\":\"IndexRange\",\"indexName\":\"accounts.by_number\","
            + "\"range\":[{\"type\":\"Eq\",\"fieldPath\":\"number\",\"value\":"
            + number
            + "}],\"order\":null},\"operators\":[{\"limit\":2}]},\"version\":\"1.48.0\"}";
    SyscallResult.Rows rows =
        (SyscallResult.Rows)
            host.asyncSyscalls(List.of(new Syscall("1.0/queryStream", args, query))).getFirst();
    host.streamRead(query, 1, true);
    return text(rows.documents().getFirst());
  }

  private static void patch(FunctionHost host, String account, double amount) {
    double balance = number(account, "balance") + amount;
    async(
        host,
        "1.0/shallowMerge",
        "{\"id\":\"" + text(account, "_id") + "\",\"value\":{\"balance\":" + balance + "}}");
  }

  private static String async(FunctionHost host, String operation, String args) {
    SyscallResult result = host.asyncSyscalls(List.of(new Syscall(operation, args))).getFirst();
    return switch (result) {
      case SyscallResult.Answer answer -> text(answer);
      case SyscallResult.Failed failed -> throw failed.error();
      case SyscallResult.Rows _, SyscallResult.Nested _ ->
          throw new IllegalStateException("not the answer to " + operation);
    };
  }

  private static String text(SyscallResult.Answer answer) {
    return new String(answer.bytes(), answer.offset(), answer.length(), UTF_8);
  }

  private static double number(String json, String name) {
    int start = json.indexOf("\"" + name + "\":") + name.length() + 3;
    int end = start;
    while ("+-.eE0123456789".indexOf(json.charAt(end)) >= 0) {
      end++;
    }
    return Double.parseDouble(json.substring(start, end));
  }

  private static String text(String json, String name) {
    int start = json.indexOf("\"" + name + "\":\"") + name.length() + 4;
    return json.substring(start, json.indexOf('"', start));
  }

  @Override
  public AnalyzedModule analyze(Evaluation module) {
    return runner.analyze(module);
  }

  @Override
  public String evaluateSchema(Evaluation module) {
    return runner.evaluateSchema(module);
  }

  @Override
  public String evaluateAuthConfig(Evaluation module) {
    return runner.evaluateAuthConfig(module);
  }

  @Override
  public String evaluateAppDefinition(Evaluation module) {
    return runner.evaluateAppDefinition(module);
  }

  @Override
  public void close() {
    runner.close();
  }
}

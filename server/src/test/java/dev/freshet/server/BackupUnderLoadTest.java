package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.functions.FunctionRunner;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.node.ObjectNode;

/** {@code freshet db} beside a server in another process that clients write to all the time. */
class BackupUnderLoadTest {
  private static final int CLIENTS = 4;
  private static final int ENTRIES_BETWEEN = 40;
  private static final int BACKUPS = 2;

  @TempDir private Path directory;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final List<Account> accounts = new ArrayList<>();

  /** A ledger that one client enters into; what it knows to be in there. */
  private record Account(String name, List<String> acknowledged) {
    private List<String> read(WireApi api) throws IOException, InterruptedException {
      List<String> keys = new ArrayList<>();
      ObjectNode args = WireApi.MAPPER.createObjectNode().put("account", name);
      api.call("query", "ledger:keys", args).forEach(key -> keys.add(key.stringValue()));
      return keys;
    }
  }

  private static String run(int exitCode, String... args) {
    StringWriter text = new StringWriter();
    CommandLine commandLine = Main.commandLine(Map.of(), FunctionRunner::start);
    commandLine.setOut(new PrintWriter(text));
    commandLine.setErr(new PrintWriter(text));
    assertThat(commandLine.execute(args)).as("%s", text).isEqualTo(exitCode);
    return text.toString();
  }

  private Integer write(WireApi api, Account account) throws IOException, InterruptedException {
    int number = 0;
    while (!stopped.get()) {
      String key = account.name() + "-" + number++;
      ObjectNode entry = WireApi.MAPPER.createObjectNode();
      entry.put("account", account.name()).put("key", key).put("hot", false);
      api.call("mutation", "ledger:enter", entry);
      account.acknowledged().add(key);
    }
    return number;
  }

  private void awaitMore() {
    int before = total();
    await("entries").atMost(Duration.ofMinutes(1)).until(() -> total() >= before + ENTRIES_BETWEEN);
  }

  private int total() {
    return accounts.stream().mapToInt(account -> account.acknowledged().size()).sum();
  }

  @Test
  void everythingAcknowledgedBeforeIsInTheCopy() throws Exception {
    Path data = directory.resolve("live").resolve("data");
    List<Map<String, List<String>>> before = new ArrayList<>();
    try (ServerProcess server = new ServerProcess(directory(0));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      server.startAndAwait();
      ProofApp.push(server.api(), ServerProcess.adminKey());
      List<Future<Integer>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Account account = new Account("account" + i, new CopyOnWriteArrayList<>());
        accounts.add(account);
        clients.add(threads.submit(() -> write(server.api(), account)));
      }
      try {
        for (int i = 1; i <= BACKUPS; i++) {
          awaitMore();
          before.add(acknowledged());
          run(0, "db", "backup", "--data-dir", data.toString(), copy(i).toString());
          run(0, "db", "info", "--data-dir", data.toString());
          run(0, "db", "verify", "--data-dir", data.toString());
          run(1, "db", "vacuum", "--data-dir", data.toString());
        }
        awaitMore();
      } finally {
        stopped.set(true);
      }
      for (Future<Integer> client : clients) {
        client.get();
      }
      server.kill();
    }
    run(0, "db", "verify", "--data-dir", data.toString());
    for (int i = 1; i <= BACKUPS; i++) {
      check(i, before.get(i - 1));
    }
  }

  private Path directory(int backup) throws IOException {
    Path named = directory.resolve(backup == 0 ? "live" : "restored" + backup);
    return Files.createDirectories(named);
  }

  private Path copy(int backup) throws IOException {
    return directory(backup).resolve("data");
  }

  private Map<String, List<String>> acknowledged() {
    Map<String, List<String>> all = new HashMap<>();
    accounts.forEach(account -> all.put(account.name(), List.copyOf(account.acknowledged())));
    return all;
  }

  /** The copy is sound, is served, has what it must have, and takes more. */
  private void check(int backup, Map<String, List<String>> before) throws Exception {
    run(0, "db", "verify", "--data-dir", copy(backup).toString());
    try (ServerProcess restored = new ServerProcess(directory(backup))) {
      restored.startAndAwait();
      for (Account account : accounts) {
        List<String> known = before.getOrDefault(account.name(), List.of());
        List<String> found = account.read(restored.api());
        assertThat(found).startsWith(known.toArray(String[]::new));
        assertThat(account.acknowledged()).as("no more than was written").containsAll(found);
        ObjectNode entry = WireApi.MAPPER.createObjectNode();
        entry.put("account", account.name()).put("key", "restored").put("hot", false);
        restored.api().call("mutation", "ledger:enter", entry);
        assertThat(account.read(restored.api())).endsWith("restored");
      }
    }
    run(0, "db", "verify", "--data-dir", copy(backup).toString());
  }
}

package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Clients that enter keys into ledgers while their server is killed and started again. Each has an
 * account of its own, so that it knows exactly what must be in it; some entries are counted in a
 * shared account too, which all of them fight for.
 */
final class LedgerLoad {
  static final String SHARED = "shared";

  /** One client; it works until the gate says stop. */
  abstract static class Client implements Callable<Integer> {
    final WireApi api;
    final ServerGate gate;
    final String account;
    final Random random;
    private int attempts;

    /** What it asked for, in order. */
    final List<String> asked = new ArrayList<>();

    /** What it cannot know: the answer was lost. */
    final Set<String> unknown = new HashSet<>();

    final Set<String> hot = new HashSet<>();

    Client(WireApi api, ServerGate gate, String account, Random random) {
      this.api = api;
      this.gate = gate;
      this.account = account;
      this.random = random;
    }

    ObjectNode nextEntry() {
      String key = account + "-" + attempts++;
      asked.add(key);
      boolean shared = random.nextInt(4) == 0;
      if (shared) {
        hot.add(key);
      }
      return WireApi.MAPPER
          .createObjectNode()
          .put("account", account)
          .put("key", key)
          .put("hot", shared);
    }

    /** Checks the account at the end; returns how many of its entries are shared. */
    long check() throws IOException, InterruptedException {
      List<String> entered = new ArrayList<>();
      ObjectNode args = WireApi.MAPPER.createObjectNode().put("account", account);
      api.call("query", "ledger:keys", args).forEach(key -> entered.add(key.stringValue()));
      List<String> expected = new ArrayList<>(asked);
      expected.removeIf(key -> unknown.contains(key) && !entered.contains(key));
      assertThat(entered)
          .as("every acknowledged entry of %s once, in order; others at most once", account)
          .isEqualTo(expected);
      assertThat(api.call("query", "ledger:balance", args).longValue()).isEqualTo(entered.size());
      return entered.stream().filter(hot::contains).count();
    }
  }

  /** Enters over HTTP, one request after the other. What is lost is lost. */
  static final class HttpClient extends Client {
    private long entries;

    HttpClient(WireApi api, ServerGate gate, String account, Random random) {
      super(api, gate, account, random);
    }

    @Override
    public Integer call() throws InterruptedException {
      int done = 0;
      while (!gate.isStopped()) {
        gate.awaitUp();
        ObjectNode entry = nextEntry();
        try {
          long number = api.call("mutation", "ledger:enter", entry).longValue();
          assertThat(number).as("entries are only added").isGreaterThan(entries);
          entries = number;
          done++;
        } catch (WireApi.CallFailed e) {
          assertThat(e.isContention()).as(e.getMessage()).isTrue();
          asked.removeLast(); // and may not be found either
        } catch (IOException e) {
          unknown.add(asked.getLast());
        }
      }
      return done;
    }
  }

  /** Enters over a WebSocket, several at once, and repeats what was not reflected. */
  static final class SocketClient extends Client {
    private static final int MAX_BURST = 5;

    private final SyncTestClient client;
    private final long balance;
    private long entries;

    SocketClient(WireApi api, ServerGate gate, Witness witness, String account, Random random) {
      super(api, gate, account, random);
      client = new SyncTestClient(api, witness);
      balance =
          client.watch("ledger:balance", WireApi.MAPPER.createObjectNode().put("account", account));
    }

    @Override
    public Integer call() throws InterruptedException {
      int server = 0;
      while (!gate.isStopped() || client.hasPending()) {
        server = client.isConnected() ? server : gate.awaitUp();
        try {
          work();
        } catch (IOException e) {
          gate.expectKilled(server, e);
          client.disconnected();
        }
      }
      client.disconnected();
      return (int) entries;
    }

    private void work() throws IOException, InterruptedException {
      if (!client.isConnected()) {
        client.connect();
      }
      if (!client.hasPending()) {
        for (int i = 1 + random.nextInt(MAX_BURST); i > 0; i--) {
          client.mutate("ledger:enter", nextEntry());
        }
      }
      for (JsonNode response : client.settle()) {
        assertThat(response.path("success").booleanValue()).as("%s", response).isTrue();
        assertThat(response.path("result").longValue()).as("in order, once").isEqualTo(++entries);
      }
      assertThat(client.value(balance).longValue()).as("reads its writes").isEqualTo(entries);
    }

    SyncTestClient client() {
      return client;
    }
  }
}

package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A sync client that hears every message and parses as little of it as it can. Its own methods may
 * be called by any one thread.
 */
final class SyncClient {
  /** Called by the sockets' thread for each transition. */
  interface Watcher {
    /**
     * The transition's text: {@code length} bytes from {@code offset} on, valid during the call.
     */
    void onTransition(byte[] buffer, int offset, int length);
  }

  private static final String PATH = "/api/1.48.0/sync";
  private static final byte[] TRANSITION = "{\"type\":\"Transition\"".getBytes(UTF_8);
  private static final byte[] RESPONSE = "{\"type\":\"MutationResponse\"".getBytes(UTF_8);
  private static final byte[] ACTION_RESPONSE = "{\"type\":\"ActionResponse\"".getBytes(UTF_8);
  private static final byte[] PING = "{\"type\":\"Ping\"".getBytes(UTF_8);
  private static final byte[] SUCCESS = "\"success\":true".getBytes(UTF_8);

  private final LoadSocket socket;
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger actionsEnded = new AtomicInteger();
  private volatile boolean closing;
  private int querySet;
  private int nextQuery;
  private int nextRequest;

  SyncClient(LoadSockets sockets, int port, Watcher watcher) throws IOException {
    socket =
        sockets.open(
            port,
            PATH,
            new LoadSocket.Listener() {
              @Override
              public void onText(byte[] buffer, int offset, int length) {
                received(watcher, buffer, offset, length);
              }

              @Override
              public void onClosed(String why) {
                if (!closing) {
                  fail("a sync socket was closed: " + why);
                }
              }
            });
    socket.send(
        "{\"type\":\"Connect\",\"sessionId\":\""
            + UUID.randomUUID()
            + "\",\"connectionCount\":0,\"lastCloseReason\":\"InitialConnect\",\"clientTs\":"
            + System.currentTimeMillis()
            + "}");
  }

  private void received(Watcher watcher, byte[] buffer, int offset, int length) {
    if (Bytes.startsWith(buffer, offset, length, TRANSITION)) {
      watcher.onTransition(buffer, offset, length);
      return;
    }
    boolean action = Bytes.startsWith(buffer, offset, length, ACTION_RESPONSE);
    if (action) {
      actionsEnded.incrementAndGet();
    }
    if ((action || Bytes.startsWith(buffer, offset, length, RESPONSE))
        ? Bytes.count(buffer, offset, length, SUCCESS) == 0
        : !Bytes.startsWith(buffer, offset, length, PING)) {
      fail(new String(buffer, offset, Math.min(length, 500), UTF_8));
    }
  }

  private void fail(String what) {
    System.err.println("  " + what);
    failures.incrementAndGet();
  }

  /** Messages and endings that should not have been. */
  int failures() {
    return failures.get();
  }

  /** Subscribes to queries of one function; their arguments are JSON objects. */
  void subscribe(String path, List<String> arguments) throws IOException {
    StringBuilder message =
        new StringBuilder("{\"type\":\"ModifyQuerySet\",\"baseVersion\":")
            .append(querySet)
            .append(",\"newVersion\":")
            .append(++querySet)
            .append(",\"modifications\":[");
    String separator = "";
    for (String args : arguments) {
      message
          .append(separator)
          .append("{\"type\":\"Add\",\"queryId\":")
          .append(nextQuery++)
          .append(",\"udfPath\":\"")
          .append(path)
          .append("\",\"args\":[")
          .append(args)
          .append("]}");
      separator = ",";
    }
    socket.send(message.append("]}").toString());
  }

  void mutate(String path, String args) throws IOException {
    call("Mutation", path, args);
  }

  void act(String path, String args) throws IOException {
    call("Action", path, args);
  }

  /** How many actions were answered, whatever the answer. */
  int actionsEnded() {
    return actionsEnded.get();
  }

  private void call(String type, String path, String args) throws IOException {
    socket.send(
        "{\"type\":\""
            + type
            + "\",\"requestId\":"
            + nextRequest++
            + ",\"udfPath\":\""
            + path
            + "\",\"args\":["
            + args
            + "]}");
  }

  void close() throws IOException {
    closing = true;
    socket.close();
  }
}

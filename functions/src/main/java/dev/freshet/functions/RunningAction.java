package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.functions.ActionEvent.Died;
import dev.freshet.functions.ActionEvent.Done;
import dev.freshet.functions.ActionEvent.Head;
import dev.freshet.functions.ActionEvent.Log;
import dev.freshet.functions.ActionEvent.Open;
import dev.freshet.functions.ActionEvent.Request;
import dev.freshet.functions.ActionEvent.Route;
import dev.freshet.functions.ActionEvent.Store;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * One call in its process. The thread that wants the outcome takes the events; what the action asks
 * its host for is carried out by a virtual thread for each request.
 */
final class RunningAction implements ActionProcess.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(RunningAction.class);
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String DIGEST = "sha-256=";
  private static final String GENERAL = "Your request couldn't be completed. Try again later.";
  private static final long CANCEL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What became of a call. */
  sealed interface End {
    record Finished(Done done) implements End {}

    record TimedOut() implements End {}

    /**
     * @param harmless whether the call had no effect yet
     */
    record ProcessDied(ActionProcess.Death death, boolean harmless) implements End {}
  }

  private final ActionProcess process;
  private final ActionHost host;
  private final @Nullable HttpExchange exchange;
  private final boolean alone;
  private final StreamTable streams;
  private final LinkedBlockingQueue<ActionEvent> events = new LinkedBlockingQueue<>();
  private final int call;
  private volatile boolean effect;
  private volatile double longestTurn;

  /**
   * @param alone whether the process has nothing else to do, so that it can be ended with the call
   */
  RunningAction(
      ActionProcess process,
      ActionHost host,
      @Nullable HttpExchange exchange,
      Limits limits,
      boolean alone) {
    this.process = process;
    this.alone = alone;
    this.host = host;
    this.exchange = exchange;
    this.streams = new StreamTable(process, limits);
    this.call = process.open(this);
  }

  /** The frame that starts this call, of the part that is the same in every process. */
  byte[] start(byte[] rest) {
    return new MessageWriter(rest.length + 16)
        .u32(call)
        .raw(rest, 0, rest.length)
        .frame(ActionProtocol.START);
  }

  /** Milliseconds of the longest turn so far. */
  double longestTurn() {
    return longestTurn;
  }

  @Override
  public void turn(boolean started, double millis) {
    longestTurn = Math.max(longestTurn, millis);
    host.parked(!started);
  }

  @Override
  public void received(int type, MessageReader in) throws IOException {
    if (streams.received(type, in)) {
      return;
    }
    switch (type) {
      case ActionProtocol.REQUEST -> {
        effect = true;
        events.add(new Request(in.u32(), in.text(), in.text()));
      }
      case ActionProtocol.LOG -> events.add(ActionEvent.log(in));
      case ActionProtocol.HEAD -> {
        effect = true;
        Head head = ActionEvent.head(in);
        if (head.stream() != 0) {
          streams.receive(call, head.stream());
        }
        events.add(head);
      }
      case ActionProtocol.STORE -> {
        effect = true;
        Store store = new Store(in.u32(), in.u32(), in.text(), in.text());
        streams.receive(call, store.stream());
        events.add(store);
      }
      case ActionProtocol.OPEN -> events.add(new Open(in.u32(), in.text()));
      case ActionProtocol.EFFECT -> effect = true;
      case ActionProtocol.ROUTE -> events.add(new Route(in.text()));
      case ActionProtocol.DONE -> {
        events.add(ActionEvent.done(in));
        process.forget(call);
      }
      default -> throw new IOException("unexpected frame " + type);
    }
  }

  @Override
  public void died(ActionProcess.Death death) {
    events.add(new Died(death));
  }

  /** Sends a stream under a number that START has told. */
  void sendBody(java.io.InputStream body) {
    streams.send(call, StreamTable.BODY, body);
  }

  /** The client of an HTTP action is gone. */
  void clientGone() {
    process.queue.sendNow(ActionProcess.frame(call).frame(ActionProtocol.GONE));
  }

  /**
   * Serves the call until it has ended.
   *
   * @param deadline in terms of {@code System.nanoTime()}
   */
  End await(long deadline) throws InterruptedException {
    try {
      for (; ; ) {
        ActionEvent event = events.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (event == null) {
          return cancel(new End.TimedOut());
        }
        switch (event) {
          case Request request ->
              answer(
                  request.number(),
                  () -> Reply.of(host.request(request.operation(), request.argsJson())));
          case Log(LogLine line) -> host.log(line);
          case Head head -> exchange().begin(head, streams.incoming(head.stream()));
          case Store store -> store(store);
          case Open open -> answer(open.number(), () -> open(open.storageId()));
          case Route(String route) -> exchange().routed(route);
          case Done done -> {
            return new End.Finished(done);
          }
          case Died(ActionProcess.Death death) -> {
            return new End.ProcessDied(death, !effect);
          }
        }
      }
    } catch (InterruptedException e) {
      cancel(new End.TimedOut());
      throw e;
    } finally {
      process.forget(call);
      streams.close();
    }
  }

  /** Ends the call. A process that computes on and on because of it is ended as well. */
  private End cancel(End end) {
    if (alone) {
      process.kill(CauseOfDeath.USER_TIMEOUT);
    } else {
      process.queue.sendNow(ActionProcess.frame(call).frame(ActionProtocol.CANCEL));
    }
    long patience = System.nanoTime() + CANCEL_NANOS;
    boolean interrupted = Thread.interrupted();
    try {
      for (; ; ) {
        ActionEvent event = events.poll(patience - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (event instanceof Log(LogLine line)) {
          host.log(line);
        } else if (event instanceof Done || event instanceof Died) {
          return end;
        } else if (event == null) {
          if (process.running() == call) {
            process.kill(CauseOfDeath.USER_TIMEOUT);
          }
          return end;
        }
      }
    } catch (InterruptedException e) {
      interrupted = true;
      return end;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private HttpExchange exchange() {
    if (exchange == null) {
      throw FreshetException.internal("an action answers as an HTTP action does", null);
    }
    return exchange;
  }

  private void store(Store store) {
    IncomingStream content = streams.incoming(store.stream());
    if (content == null) {
      throw FreshetException.internal("a stream is missing", null);
    }
    String type = store.contentType().isEmpty() ? null : store.contentType();
    String digest = store.digest().isEmpty() ? null : store.digest().substring(DIGEST.length());
    answer(
        store.number(),
        () -> {
          try (content) {
            return Reply.of(JSON.writeValueAsBytes(host.store(content, type, digest)));
          }
        });
  }

  private Reply open(String storageId) {
    StoredContent content = host.open(storageId);
    if (content == null) {
      return Reply.of("null".getBytes(UTF_8));
    }
    int stream = streams.next();
    byte[] answer =
        JSON.writeValueAsBytes(
            JSON.createObjectNode()
                .put("stream", stream)
                .put("size", content.size())
                .put("contentType", content.contentType()));
    return new Reply(answer, () -> streams.send(call, stream, content.stream()));
  }

  /**
   * Answer to a request.
   *
   * @param next what may begin when the answer is on its way: the process doesn't know a stream
   *     before
   */
  @SuppressWarnings("ArrayRecordComponent") // replies are never compared
  private record Reply(byte[] json, Runnable next) {
    static Reply of(byte[] json) {
      return new Reply(json, () -> {});
    }
  }

  private void answer(int request, Supplier<Reply> work) {
    Thread.ofVirtual().name("action-request").start(() -> carryOut(request, work));
  }

  private void carryOut(int request, Supplier<Reply> work) {
    MessageWriter frame = ActionProcess.frame(call).u32(request);
    Runnable next = () -> {};
    try {
      Reply reply = work.get();
      frame.flag(true).text(reply.json());
      next = reply.next();
    } catch (FreshetException e) {
      boolean visible = e.errorClass().isDeterministicUserError();
      if (!visible) {
        LOG.info("A request of an action failed", e);
      }
      String data = ErrorData.json(e);
      frame.flag(false).text(visible ? e.text() : GENERAL).flag(data != null);
      if (data != null) {
        frame.text(data);
      }
    } catch (RuntimeException e) {
      LOG.warn("A request of an action failed", e);
      frame.flag(false).text(GENERAL).flag(false);
    }
    try {
      process.queue.send(frame.frame(ActionProtocol.ANSWER));
      next.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

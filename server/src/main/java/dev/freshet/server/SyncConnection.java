package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.exceptions.MessageTooLargeException;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.jspecify.annotations.Nullable;

/**
 * A sync client's WebSocket: hands messages to its {@link SyncActor} and writes what the session
 * says. Texts go out as the bytes they are; the next message is only asked for while the session
 * keeps up.
 */
public final class SyncConnection implements Session.Listener, SyncSocket {
  /** How many bytes of messages may wait for the session before the socket is left unread. */
  private static final long MAX_WAITING_BYTES = 1 << 20;

  /** How long a client may take to answer a close frame. */
  private static final Duration CLOSING_TIMEOUT = Duration.ofSeconds(10);

  private final SyncActor actor;
  private final String name;
  private final Consumer<SyncConnection> whenClosed;
  private final AtomicLong waitingBytes = new AtomicLong();
  private @Nullable Session session;
  private @Nullable CoreSession core;

  SyncConnection(
      String name,
      SyncBackend backend,
      Clock clock,
      Limits limits,
      boolean understandsChunks,
      Consumer<SyncConnection> whenClosed) {
    this.name = name;
    this.whenClosed = whenClosed;
    this.actor = new SyncActor(backend, this, clock, limits, understandsChunks);
  }

  /** The server goes down. */
  void shutDown() {
    actor.shutDown();
  }

  /** Time has passed. */
  void tick() {
    actor.tick();
  }

  // ---- From the client ----

  @Override
  public void onWebSocketOpen(Session opened) {
    session = opened;
    core = ((WebSocketSession) opened).getCoreSession();
    ping();
    actor.start(name);
    opened.demand();
  }

  @Override
  public void onWebSocketText(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    ClientMessage message;
    try {
      message = ClientMessageParser.parse(bytes);
    } catch (ClientMessageParser.InvalidMessageException e) {
      actor.invalidMessage(requireNonNull(e.getMessage()));
      demand();
      return;
    }
    boolean full = waitingBytes.addAndGet(bytes.length) > MAX_WAITING_BYTES;
    actor.message(
        message,
        () -> {
          waitingBytes.addAndGet(-bytes.length);
          if (full) {
            demand();
          }
        });
    if (!full) {
      demand();
    }
  }

  @Override
  public void onWebSocketBinary(
      ByteBuffer payload, org.eclipse.jetty.websocket.api.Callback callback) {
    callback.succeed();
    actor.failure(FreshetException.internal("a client sent a binary message", null));
    demand();
  }

  @Override
  public void onWebSocketPong(ByteBuffer payload) {
    actor.signOfLife();
    demand();
  }

  @Override
  public void onWebSocketError(Throwable cause) {
    if (cause instanceof MessageTooLargeException) {
      actor.failure(FreshetException.internal("a client's message is too large", null));
    }
  }

  @Override
  public void onWebSocketClose(
      int code, String reason, org.eclipse.jetty.websocket.api.Callback callback) {
    callback.succeed();
    actor.connectionClosed();
    whenClosed.accept(this);
  }

  private void demand() {
    // Also once this side has closed: the client's close frame still has to be read.
    if (requireNonNull(core).isInputOpen()) {
      requireNonNull(session).demand();
    }
  }

  // ---- To the client ----

  @Override
  public void send(byte[] text, Kind kind) {
    Frame frame = new Frame(OpCode.TEXT, ByteBuffer.wrap(text));
    requireNonNull(core).sendFrame(frame, Callback.from(() -> actor.written(kind)), false);
  }

  @Override
  public void ping() {
    CoreSession open = core;
    if (open != null) {
      open.sendFrame(new Frame(OpCode.PING), Callback.NOOP, false);
    }
  }

  @Override
  public void close(int code, String reason) {
    requireNonNull(session).setIdleTimeout(CLOSING_TIMEOUT);
    requireNonNull(core).close(code, reason.isEmpty() ? null : reason, Callback.NOOP);
  }
}

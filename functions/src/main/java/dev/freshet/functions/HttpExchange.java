package dev.freshet.functions;

import dev.freshet.functions.ActionEvent.Head;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The response of an HTTP action on its way to the client. A thread of its own writes it, as fast
 * as the client takes it; the action is granted more when that has happened.
 */
final class HttpExchange {
  private static final Logger LOG = LoggerFactory.getLogger(HttpExchange.class);
  private static final int CHUNK = 1 << 16;

  private final ResponseSink sink;
  private final CountDownLatch written = new CountDownLatch(1);
  private volatile @Nullable String route;
  private volatile boolean headSent;
  private volatile int status;
  private volatile long bytes;
  private volatile boolean cut;

  HttpExchange(ResponseSink sink) {
    this.sink = sink;
  }

  void onDisconnect(Runnable action) {
    sink.onDisconnect(action);
  }

  void routed(String found) {
    route = found;
  }

  void begin(Head head, @Nullable IncomingStream body) {
    status = head.status();
    headSent = true;
    Thread.ofVirtual().name("http-action-response").start(() -> write(head, body));
  }

  private void write(Head head, @Nullable IncomingStream body) {
    try {
      sink.head(head.status(), head.headers());
      if (body != null) {
        copy(body);
      }
    } catch (IOException | RuntimeException e) {
      cut = true;
      LOG.debug("The response of an HTTP action was cut", e);
    } finally {
      if (body != null) {
        body.close();
      }
      written.countDown();
    }
  }

  private void copy(InputStream body) throws IOException {
    byte[] chunk = new byte[CHUNK];
    long sent = 0;
    for (int count = body.read(chunk); count >= 0; count = body.read(chunk)) {
      sink.write(ByteBuffer.wrap(chunk, 0, count));
      sent += count;
      bytes = sent;
    }
  }

  /** Waits until what the action has sent is with the client. */
  void awaitWritten() throws InterruptedException {
    if (headSent) {
      written.await();
    }
  }

  @Nullable String route() {
    return route;
  }

  boolean headSent() {
    return headSent;
  }

  HttpOutcome answered(Spent spent) {
    return new HttpOutcome.Answered(String.valueOf(route), status, bytes, cut, spent);
  }

  HttpOutcome failed(JsError error, Spent spent) {
    return new HttpOutcome.Failed(route, error, headSent, spent);
  }
}

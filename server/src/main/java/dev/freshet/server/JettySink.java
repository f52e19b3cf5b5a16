package dev.freshet.server;

import dev.freshet.functions.HttpHead.Header;
import dev.freshet.functions.ResponseSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Blocker;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the response of an HTTP action to its connection. Writing blocks until the bytes have gone
 * to the socket. The connection's idle timeout counts only while a write waits: a response may be
 * silent for as long as its action lives.
 */
final class JettySink implements ResponseSink {
  private static final Logger log = LoggerFactory.getLogger(JettySink.class);
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

  /** Headers that are the connection's own business (RFC 9110 §7.6.1). */
  private static final Set<String> HOP_BY_HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private final Request request;
  private final Response response;
  private final AtomicReference<@Nullable Runnable> disconnect = new AtomicReference<>();
  private volatile Runnable onHead = () -> {};
  private volatile boolean headSent;
  private volatile boolean writing;
  private volatile boolean gone;

  JettySink(Request request, Response response) {
    this.request = request;
    this.response = response;
    request.addIdleTimeoutListener(_ -> writing);
    request.addFailureListener(_ -> clientGone());
  }

  /** Sets what is to be called before the head of the response is sent. */
  void onHead(Runnable action) {
    onHead = action;
  }

  boolean headSent() {
    return headSent;
  }

  /** Whether the client is known to have left. */
  boolean isClientGone() {
    return gone;
  }

  @Override
  public void head(int status, List<Header> headers) throws IOException {
    onHead.run();
    headSent = true;
    response.setStatus(status);
    HttpFields.Mutable fields = response.getHeaders();
    boolean dated = headers.stream().anyMatch(header -> header.name().equals("date"));
    if (dated) {
      fields.remove("Date");
    }
    for (Header header : headers) {
      if (passes(header)) {
        fields.add(new HttpField(header.name(), header.value()));
      }
    }
    write(BufferUtil.EMPTY_BUFFER);
  }

  private static boolean passes(Header header) {
    String name = header.name();
    return !HOP_BY_HOP.contains(name)
        && (!name.equals("content-length") || LENGTH.matcher(header.value()).matches());
  }

  @Override
  public void write(ByteBuffer chunk) throws IOException {
    if (gone) {
      throw new IOException("the client is gone");
    }
    writing = true;
    try (Blocker.Callback written = Blocker.callback()) {
      response.write(false, chunk, written);
      written.block();
    } catch (IOException e) {
      clientGone();
      throw e;
    } finally {
      writing = false;
    }
  }

  @Override
  public void onDisconnect(Runnable action) {
    disconnect.set(action);
    if (gone) {
      clientGone();
    }
  }

  private void clientGone() {
    gone = true;
    Runnable action = disconnect.getAndSet(null);
    if (action != null) {
      action.run();
    }
  }

  /** Ends the response. What is left of the request is read, so that the client can see it. */
  void finish(Request request, Callback callback) {
    disconnect.set(null);
    writing = true;
    try (Blocker.Callback written = Blocker.callback()) {
      response.write(true, BufferUtil.EMPTY_BUFFER, written);
      written.block();
      if (!request.getHeaders().contains(HttpHeader.EXPECT)) { // else it may never be sent
        RequestBody.discard(request);
      }
      callback.succeeded();
    } catch (IOException e) {
      callback.failed(e);
    }
  }

  /** Ends the connection, or on HTTP/2 the stream, so that nobody takes the response for whole. */
  void breakOff(Callback callback) {
    disconnect.set(null);
    log.debug("breaking off the response to {}", request);
    callback.failed(new IOException("the response of the HTTP action has been cut"));
  }
}

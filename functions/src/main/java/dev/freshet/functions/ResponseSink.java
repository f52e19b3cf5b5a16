package dev.freshet.functions;

import dev.freshet.functions.HttpHead.Header;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Where the response of an HTTP action goes. Called by one thread at a time: {@link #head} once,
 * then {@link #write} any number of times.
 */
public interface ResponseSink {
  void head(int status, List<Header> headers) throws IOException;

  /**
   * Blocks until the chunk has left: this is the back-pressure.
   *
   * @throws IOException if the client is gone, or the response is too long: it is cut here
   */
  void write(ByteBuffer chunk) throws IOException;

  /**
   * Sets what is to be called, once and from any thread, when the client goes away before the
   * response has ended.
   */
  void onDisconnect(Runnable action);
}

package dev.freshet.functions;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A stored file that is being read.
 *
 * @param size in bytes
 */
public record StoredContent(InputStream stream, long size, @Nullable String contentType)
    implements AutoCloseable {
  @Override
  public void close() throws IOException {
    stream.close();
  }
}

package dev.freshet.server;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import dev.freshet.values.FreshetException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads request bodies, compressed or not, never holding more than the limit. */
final class RequestBody {
  private static final Logger log = LoggerFactory.getLogger(RequestBody.class);
  private static final int DRAIN_STEP = 1 << 16;
  private static final long MOST_DISCARDED = 1L << 24;

  private RequestBody() {}

  /** The body is larger than its route allows. */
  static final class TooLargeException extends RuntimeException {
    TooLargeException(long limit) {
      super("The request body is larger than " + limit + " bytes.");
    }
  }

  /**
   * @param limit bytes, before and after decompression
   * @throws FreshetException {@code UnsupportedContentEncoding}, {@code BadRequestBody}, or {@code
   *     BadJsonBody} for a body that is too large where that is the answer
   * @throws TooLargeException for a body that is too large elsewhere
   */
  static byte[] read(Request request, long limit, Route.Oversized oversized) {
    try (InputStream raw = Request.asInputStream(request)) {
      return read(request, raw, limit);
    } catch (TooLargeException e) {
      if (oversized == Route.Oversized.BAD_JSON) {
        throw FreshetException.badRequest("BadJsonBody", String.valueOf(e.getMessage()));
      }
      throw e;
    } catch (IOException e) {
      throw FreshetException.badRequest("BadRequestBody", "The request body could not be read.");
    }
  }

  private static byte[] read(Request request, InputStream raw, long limit) throws IOException {
    try {
      if (request.getLength() > limit) {
        throw new TooLargeException(limit);
      }
      byte[] body = readBounded(raw, limit);
      String encoding = request.getHeaders().get(HttpHeader.CONTENT_ENCODING);
      return encoding == null ? body : decompress(body, encoding, limit);
    } catch (TooLargeException e) {
      drain(raw, limit);
      throw e;
    }
  }

  /**
   * Reads what is left of the body of a request that is refused, up to a bound: a client that still
   * sends does not look at the answer, and loses it when the stream is reset.
   */
  static void discard(Request request) {
    try {
      if (request.getAttribute(JettyBody.ATTRIBUTE) instanceof JettyBody body) {
        body.discard(MOST_DISCARDED);
        return;
      }
      try (InputStream raw = Request.asInputStream(request)) {
        drain(raw, MOST_DISCARDED);
      }
    } catch (IOException e) {
      log.trace("the rest of a refused request could not be read", e);
    }
  }

  static void drain(InputStream in, long most) throws IOException {
    byte[] ignored = new byte[DRAIN_STEP];
    long left = most;
    for (int count = 0; left > 0 && count >= 0; left -= count) {
      count = in.read(ignored);
    }
  }

  static byte[] decompress(byte[] body, String encoding, long limit) throws IOException {
    String name = encoding.strip().toLowerCase(Locale.ROOT);
    if (name.isEmpty() || name.equals("identity")) {
      return body;
    }
    try (InputStream plain = decoder(name, new ByteArrayInputStream(body))) {
      return readBounded(plain, limit);
    }
  }

  private static InputStream decoder(String encoding, InputStream compressed) throws IOException {
    return switch (encoding) {
      case "br" -> {
        Brotli4jLoader.ensureAvailability();
        yield new BrotliInputStream(compressed);
      }
      case "gzip", "x-gzip" -> new GZIPInputStream(compressed);
      case "deflate" -> inflater(compressed);
      default ->
          throw FreshetException.badRequest(
              "UnsupportedContentEncoding",
              "Request bodies may be compressed with br, gzip or deflate, not with "
                  + encoding
                  + ".");
    };
  }

  /** By the standard with a zlib header, but some clients leave it out. */
  private static InputStream inflater(InputStream compressed) throws IOException {
    compressed.mark(1);
    int first = compressed.read();
    compressed.reset();
    boolean zlib = first >= 0 && (first & 0x0F) == 8;
    return new InflaterInputStream(compressed, new Inflater(!zlib));
  }

  private static byte[] readBounded(InputStream in, long limit) throws IOException {
    int most = (int) Math.min(limit, Integer.MAX_VALUE - 16);
    byte[] body = in.readNBytes(most);
    if (body.length == most && in.read() >= 0) {
      throw new TooLargeException(limit);
    }
    return body;
  }
}

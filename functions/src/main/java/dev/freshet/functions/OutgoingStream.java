package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.io.InputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes that an action reads: a thread takes them from their source only while the process has room
 * for them.
 */
final class OutgoingStream implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(OutgoingStream.class);
  private static final int CHUNK = 1 << 16;

  private final ActionProcess process;
  private final int call;
  private final int stream;
  private final InputStream source;
  private long credit;
  private boolean cancelled;

  OutgoingStream(ActionProcess process, int call, int stream, InputStream source, int credit) {
    this.process = process;
    this.call = call;
    this.stream = stream;
    this.source = source;
    this.credit = credit;
  }

  /** The process may be sent that many bytes more. */
  synchronized void grant(int bytes) {
    credit += bytes;
    notifyAll();
  }

  /** Nobody reads on. */
  synchronized void cancel() {
    cancelled = true;
    notifyAll();
  }

  private synchronized int room() throws InterruptedException {
    while (credit <= 0 && !cancelled) {
      wait();
    }
    return cancelled ? -1 : (int) Math.min(credit, CHUNK);
  }

  private synchronized void use(int bytes) {
    credit -= bytes;
  }

  @Override
  public void run() {
    byte[] bytes = new byte[CHUNK];
    try (source) {
      for (int room = room(); room > 0; room = room()) {
        int count = source.read(bytes, 0, room);
        if (count < 0) {
          process.queue.send(frame().frame(ActionProtocol.END));
          return;
        }
        use(count);
        process.queue.send(frame().text(bytes, 0, count).frame(ActionProtocol.DATA));
      }
    } catch (IOException | FreshetException e) {
      LOG.debug("A stream for an action has failed", e);
      String text = e instanceof FreshetException ? e.getMessage() : "The stream was interrupted";
      process.queue.sendNow(frame().text(String.valueOf(text)).frame(ActionProtocol.FAIL));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private MessageWriter frame() {
    return ActionProcess.frame(call).u32(stream);
  }
}

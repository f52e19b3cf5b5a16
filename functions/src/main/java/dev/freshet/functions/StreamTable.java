package dev.freshet.functions;

import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one call, by their numbers: even ones go to the process, odd ones come from it.
 */
final class StreamTable implements AutoCloseable {
  /** Number of the stream that the body of an HTTP request is. */
  static final int BODY = 2;

  private final ActionProcess process;
  private final int credit;
  private final Map<Integer, OutgoingStream> outgoing = new ConcurrentHashMap<>();
  private final Map<Integer, IncomingStream> incoming = new ConcurrentHashMap<>();
  private int last = BODY;
  private boolean closed; // guarded by this

  StreamTable(ActionProcess process, Limits limits) {
    this.process = process;
    this.credit = limits.getInt(Limit.ACTION_STREAM_CREDIT);
  }

  /** The number for another stream to the process. */
  synchronized int next() {
    last += 2;
    return last;
  }

  /** Starts to send a stream, under a number that the process knows or is told now. */
  void send(int call, int stream, InputStream source) {
    OutgoingStream sending = new OutgoingStream(process, call, stream, source, credit);
    synchronized (this) {
      if (closed) {
        sending.cancel(); // it then only closes its source
      }
      outgoing.put(stream, sending);
    }
    Thread.ofVirtual().name("action-stream").start(sending);
  }

  /** A stream that the process is about to send. */
  IncomingStream receive(int call, int stream) {
    IncomingStream receiving =
        new IncomingStream(
            credit,
            bytes ->
                process.queue.sendNow(
                    ActionProcess.frame(call).u32(stream).u32(bytes).frame(ActionProtocol.CREDIT)),
            () ->
                process.queue.sendNow(
                    ActionProcess.frame(call)
                        .u32(stream)
                        .text("The reader of the stream is gone")
                        .frame(ActionProtocol.FAIL)));
    incoming.put(stream, receiving);
    return receiving;
  }

  @Nullable IncomingStream incoming(int stream) {
    return incoming.get(stream);
  }

  /** Takes one of the frames that are about streams; false if it is another one. */
  boolean received(int type, MessageReader in) throws IOException {
    switch (type) {
      case ActionProtocol.DATA -> {
        IncomingStream stream = incoming.get(in.u32());
        if (stream != null) {
          stream.push(in.bytes());
        }
      }
      case ActionProtocol.END -> end(in.u32(), null);
      case ActionProtocol.FAIL -> {
        int stream = in.u32();
        end(stream, in.text());
        OutgoingStream sending = outgoing.remove(stream);
        if (sending != null) {
          sending.cancel();
        }
      }
      case ActionProtocol.CREDIT -> {
        OutgoingStream sending = outgoing.get(in.u32());
        if (sending != null) {
          sending.grant(in.u32());
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void end(int stream, @Nullable String error) {
    IncomingStream receiving = incoming.get(stream);
    if (receiving != null) {
      receiving.end(error);
    }
  }

  /** The call has ended: nothing will come or be read any more. */
  @Override
  public synchronized void close() {
    closed = true;
    incoming.values().forEach(stream -> stream.end("The action has ended"));
    outgoing.values().forEach(OutgoingStream::cancel);
  }
}

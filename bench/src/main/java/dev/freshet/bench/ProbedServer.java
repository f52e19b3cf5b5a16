package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.functions.FunctionRunner;
import dev.freshet.server.Main;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;

/**
 * The server with a second port beside its own, in the same process: {@code /runs} answers how many
 * functions have run, {@code /heap} how many bytes live after a collection; whoever opens a
 * WebSocket there receives what is posted to {@code /broadcast}, by the shortest way that the
 * server's WebSocket library has.
 */
final class ProbedServer {
  /** System property with the second port's number. */
  static final String PORT = "freshet.bench.port";

  private static final int COLLECTIONS = 3;

  private ProbedServer() {}

  public static void main(String[] args) throws Exception {
    LongAdder runs = new LongAdder();
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server, 1, 1);
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.getInteger(PORT));
    server.addConnector(connector);
    server.setHandler(new Probe(ServerWebSocketContainer.ensure(server), runs));
    server.start();
    Main.run(args, config -> new CountingRunner(FunctionRunner.start(config), runs));
  }

  private static final class Probe extends Handler.Abstract {
    private final ServerWebSocketContainer container;
    private final LongAdder runs;
    private final Set<CoreSession> sockets = ConcurrentHashMap.newKeySet();

    Probe(ServerWebSocketContainer container, LongAdder runs) {
      this.container = container;
      this.runs = runs;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      switch (Request.getPathInContext(request)) {
        case "/socket" ->
            container.upgrade(
                (_, _, _) -> new BareSocket(sockets::add), request, response, callback);
        case "/broadcast" -> {
          broadcast(Content.Source.asByteBuffer(request));
          answer("", response, callback);
        }
        case "/runs" -> answer(Long.toString(runs.sum()), response, callback);
        case "/heap" -> answer(Long.toString(liveBytes()), response, callback);
        default -> Response.writeError(request, response, callback, 404);
      }
      return true;
    }

    private static void answer(String text, Response response, Callback callback) {
      byte[] bytes = text.getBytes(UTF_8);
      response.getHeaders().put("Content-Length", bytes.length);
      response.write(true, ByteBuffer.wrap(bytes), callback);
    }

    private void broadcast(ByteBuffer text) {
      for (CoreSession socket : sockets) {
        socket.sendFrame(new Frame(OpCode.TEXT, text.duplicate()), Callback.NOOP, false);
      }
    }

    private static long liveBytes() {
      for (int i = 0; i < COLLECTIONS; i++) {
        System.gc();
      }
      return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
  }
}

package dev.freshet.bench;

import java.util.function.Consumer;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.CoreSession;

/** The server's end of a WebSocket that is only written to. */
public final class BareSocket implements Session.Listener.AutoDemanding {
  private final Consumer<CoreSession> opened;

  BareSocket(Consumer<CoreSession> opened) {
    this.opened = opened;
  }

  @Override
  public void onWebSocketOpen(Session session) {
    opened.accept(((WebSocketSession) session).getCoreSession());
  }
}

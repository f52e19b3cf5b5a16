package dev.freshet.server;

/** The outgoing half of a client's connection. No method blocks or throws. */
interface SyncSocket {
  /** A close without a code, which clients see as 1005. */
  int NO_CODE = 1005;

  int NORMAL = 1000;
  int GOING_AWAY = 1001;
  int SERVER_ERROR = 1011;
  int TRY_AGAIN_LATER = 1013;

  /** What a message is to the session's bookkeeping. */
  enum Kind {
    TRANSITION,
    RESPONSE,
    OTHER
  }

  /** Queues a text message; {@link SyncSession#onWritten} follows once it has left. */
  void send(byte[] text, Kind kind);

  /** Queues a WebSocket ping. */
  void ping();

  /** Queues a close frame behind everything queued before. */
  void close(int code, String reason);
}

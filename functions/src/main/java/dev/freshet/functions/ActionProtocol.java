package dev.freshet.functions;

/**
 * The messages between server and processes that run actions; their parts are listed in {@code
 * runner/src/action/protocol.ts}, the other side.
 */
final class ActionProtocol {
  static final int VERSION = 1;

  // Messages of the server.
  static final int HELLO = 1;
  static final int MODULES = 2;
  static final int FORGET = 3;
  static final int START = 4;
  static final int ANSWER = 5;
  static final int CANCEL = 10;
  static final int GONE = 11;

  // Messages of both sides.
  static final int DATA = 6;
  static final int END = 7;
  static final int FAIL = 8;
  static final int CREDIT = 9;

  // Messages of a runner.
  static final int READY = 1;
  static final int RUNNING = 2;
  static final int PARKED = 3;
  static final int REQUEST = 4;
  static final int LOG = 5;
  static final int HEAD = 10;
  static final int STORE = 11;
  static final int OPEN = 12;
  static final int EFFECT = 13;
  static final int ROUTE = 14;
  static final int DONE = 15;

  // Kinds of START.
  static final int KIND_ACTION = 0;
  static final int KIND_HTTP = 1;
  static final int KIND_ANALYSIS = 2;

  private static final int LARGEST_SMALL_FRAME = 1 << 20;

  /** Bytes of the largest frame of a type that a runner may send. */
  static int largest(int type, int largest) {
    return type == REQUEST || type == DONE ? largest : LARGEST_SMALL_FRAME;
  }

  private ActionProtocol() {}
}

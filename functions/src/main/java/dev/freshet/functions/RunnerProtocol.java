package dev.freshet.functions;

/**
 * The messages between server and runner; their parts are listed in {@code
 * runner/src/process/protocol.ts}, the other side.
 */
final class RunnerProtocol {
  static final int VERSION = 3;

  // Messages of the server.
  static final int HELLO = 1;
  static final int MODULES = 2;
  static final int FORGET = 3;
  static final int RUN = 4;
  static final int DELIVER = 5;
  static final int ANSWER = 6;
  static final int SCRIPT = 7;
  static final int PREPARE = 8;
  static final int EVALUATE = 9;
  static final int DROP = 10;
  static final int HARVEST = 11;
  static final int ABORT = 12;

  // Messages of a runner.
  static final int READY = 1;
  static final int TURN = 2;
  static final int SYSCALL = 3;
  static final int ENVIRONMENT = 4;
  static final int NEED_SCRIPT = 5;
  static final int NEED_MAP = 6;
  static final int LOG = 7;
  static final int DONE = 8;
  static final int PREPARED = 9;
  static final int CACHES = 10;
  static final int ABORTED = 11;

  // Flags of DONE.
  static final int FLAG_TIME = 1;
  static final int FLAG_RANDOM = 2;
  static final int FLAG_NEW_SCRIPTS = 4;

  // Kinds of answers in DELIVER.
  static final int DELIVERED = 0;
  static final int DELIVERED_FAILURE = 1;
  static final int DELIVERED_ROWS = 2;

  // Status of ANSWER.
  static final int OK = 0;
  static final int UNSET = 1;
  static final int FAILED = 2;

  private RunnerProtocol() {}
}

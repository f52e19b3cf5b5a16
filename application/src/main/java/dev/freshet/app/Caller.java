package dev.freshet.app;

/** Who asked for a function to run, as the function log names it (spec 20 §22). */
public enum Caller {
  SYNC_WORKER("SyncWorker"),
  HTTP_API("HttpApi"),
  TESTER("Tester"),
  HTTP_ENDPOINT("HttpEndpoint"),
  CRON("Cron"),
  SCHEDULER("Scheduler"),
  ACTION("Action");

  private final String label;

  Caller(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }
}

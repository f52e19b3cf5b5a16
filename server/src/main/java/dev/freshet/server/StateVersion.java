package dev.freshet.server;

/**
 * What a client's state is made of (spec 10 §4): a version of its query set, one of its identity,
 * and the commit timestamp that all results hold at.
 */
record StateVersion(long querySet, long identity, long timestamp) {
  static final StateVersion INITIAL = new StateVersion(0, 0, 0);

  boolean sameInputsAs(StateVersion other) {
    return querySet == other.querySet && identity == other.identity;
  }
}

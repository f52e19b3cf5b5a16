package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.server.ClientMessage.QueryModification;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Single rules of spec 10 §4-§10, one scene each. */
class SyncSessionTest {
  private final SyncBench bench = SyncBench.open();

  private List<JsonNode> transitions() {
    return bench.client.ofType("Transition");
  }

  private JsonNode last() {
    return bench.client.messages().getLast();
  }

  @Test
  void anEmptyQuerySetIsConfirmedByAnEmptyTransition() {
    bench.modify(List.of());
    bench.finish();

    assertThat(transitions()).hasSize(1);
    assertThat(transitions().getFirst().path("endVersion").path("querySet").intValue()).isOne();
    bench.client.checkSettled();
  }

  @Test
  void severalModificationsMayShareATransition() {
    bench.add("a");
    bench.add("b");
    bench.modify(List.of());
    bench.finish();

    assertThat(transitions()).hasSize(1);
    assertThat(transitions().getFirst().path("endVersion").path("querySet").intValue())
        .isEqualTo(3);
    assertThat(bench.client.values()).hasSize(2);
  }

  @Test
  void aMutationWithoutQueriesIsReflectedByAnEmptyTransition() {
    bench.mutate("a");
    bench.finish();

    assertThat(last().path("type").stringValue()).isEqualTo("Transition");
    assertThat(last().path("modifications")).isEmpty();
    bench.client.checkSettled();
  }

  @Test
  void aFailedMutationIsFollowedByATransitionToo() {
    bench.mutate("bad");
    bench.finish();

    assertThat(bench.client.ofType("MutationResponse")).hasSize(1);
    assertThat(last().path("type").stringValue()).isEqualTo("Transition");
  }

  @Test
  void anIdentityIsConfirmedEvenWithoutQueries() {
    bench.modify(List.of());
    bench.authenticate("ann");
    bench.finish();

    assertThat(last().path("endVersion").path("identity").intValue()).isOne();
  }

  @Test
  void theFirstTransitionWaitsForTheQuerySetOfAReconnectingClient() {
    bench.authenticate("ann");
    bench.session.settle();
    assertThat(transitions()).isEmpty();

    bench.add("a");
    bench.finish();
    assertThat(transitions()).hasSize(1);
    assertThat(bench.client.values()).hasSize(1);
  }

  @Test
  void aClientThatNeverSendsAQuerySetIsConfirmedAfterAMoment() {
    bench.authenticate("ann");
    bench.session.settle();
    assertThat(transitions()).isEmpty();

    bench.pass(1_000);
    assertThat(last().path("endVersion").path("identity").intValue()).isOne();
  }

  @Test
  void anEqualIdentityDoesNotRunTheQueriesAgain() {
    bench.authenticate("ann");
    bench.add("a");
    bench.finish();

    bench.authenticate("ann");
    bench.session.settle();

    assertThat(bench.canCompute()).isFalse();
    assertThat(last().path("modifications")).isEmpty();
    assertThat(last().path("endVersion").path("identity").intValue()).isEqualTo(2);
  }

  @Test
  void anotherIdentityRunsTheQueriesAgain() {
    bench.authenticate("ann");
    bench.add("a");
    bench.finish();

    bench.authenticate("bob");
    bench.finish();

    bench.client.checkSettled();
    assertThat(bench.client.values().values()).allMatch(value -> value.contains("bob"));
  }

  @Test
  void aResultThatDidNotChangeIsNotSentAgain() {
    bench.add("a");
    bench.finish();
    int before = bench.client.messages().size();

    bench.session.onInvalidated();
    bench.finish();

    assertThat(bench.client.messages()).hasSize(before);
  }

  @Test
  void aTransitionWaitsForTheResponseOfAMutationItMayContain() {
    bench.add("a");
    bench.finish();
    bench.mutate("a");
    bench.session.settle();
    bench.commit(); // visible, but the session does not know
    bench.deliverInvalidation();
    bench.session.settle();
    bench.runQueries();
    bench.session.settle();
    assertThat(transitions()).hasSize(1);

    bench.answer();
    bench.session.settle();
    List<JsonNode> messages = bench.client.messages();
    assertThat(messages.get(messages.size() - 2).path("type").stringValue())
        .isEqualTo("MutationResponse");
    assertThat(last().path("type").stringValue()).isEqualTo("Transition");
    bench.finish();
    bench.client.checkSettled();
  }

  @Test
  void aResponseWaitsForATransitionThatBeganBefore() {
    bench.add("a");
    bench.session.settle(); // computing at a time before the mutation
    bench.mutate("a");
    bench.session.settle();
    bench.commit();
    bench.answer();
    bench.session.settle();
    assertThat(bench.client.ofType("MutationResponse")).isEmpty();

    bench.runQueries();
    bench.session.settle();
    assertThat(bench.client.messages().getFirst().path("type").stringValue())
        .isEqualTo("Transition");
    assertThat(bench.client.messages().get(1).path("type").stringValue())
        .isEqualTo("MutationResponse");
    bench.finish();
    bench.client.checkSettled();
  }

  @Test
  void aSlowReaderSkipsStates() {
    SyncBench slow = new SyncBench(new SyncWorld(), true, Limits.defaults());
    slow.add("a");
    for (int i = 0; i < 50; i++) {
      slow.session.settle();
      if (slow.canCompute()) {
        slow.runQueries();
        slow.session.settle();
      }
      slow.world.commit("a");
      if (slow.canInvalidate()) {
        slow.deliverInvalidation();
      }
    }
    assertThat(slow.client.ofType("Transition")).hasSize(2);
    slow.finish();
    assertThat(slow.client.ofType("Transition")).hasSize(3);
    slow.client.checkSettled();
  }

  @Test
  void tooManyWaitingMutationsEndTheSession() {
    SyncBench busy =
        new SyncBench(
            new SyncWorld(), false, Limits.of(Map.of(Limit.SYNC_MAX_PENDING_MUTATIONS, 3L)));
    for (int i = 0; i < 3; i++) {
      busy.mutate("a");
    }
    assertThat(busy.closedWith).isNull();
    busy.mutate("a");
    assertThat(busy.closedWith).isEqualTo("1013 TooManyConcurrentMutations");
  }

  @Test
  void aThousandMutationsRunOneByOne() {
    for (int i = 0; i < 1_000; i++) {
      bench.mutate("a");
    }
    bench.finish();

    assertThat(bench.client.ofType("MutationResponse")).hasSize(1_000);
    assertThat(bench.world.valueAt("a", bench.world.latestTimestamp())).isEqualTo(1_000);
    bench.client.checkSettled();
  }

  @Test
  void aWrongBaseVersionIsFatal() {
    bench.session.onMessage(new ClientMessage.ModifyQuerySet(5, 6, List.of()));

    assertThat(last().path("error").stringValue())
        .isEqualTo("Base version 5 passed up doesn't match the current version 0");
    assertThat(bench.closedWith).isEqualTo("1005 ");
  }

  @Test
  void aVersionThatDoesNotGrowEndsTheSession() {
    bench.session.onMessage(new ClientMessage.ModifyQuerySet(0, 0, List.of()));
    assertThat(bench.closedWith).isEqualTo("1011 InternalServerError");
  }

  @Test
  void removingAnUnknownQueryEndsTheSession() {
    bench.session.onMessage(
        new ClientMessage.ModifyQuerySet(0, 1, List.of(new QueryModification.Remove(7))));
    assertThat(bench.closedWith).isEqualTo("1011 InternalServerError");
  }

  @Test
  void addingAQueryTwiceEndsTheSession() {
    QueryModification add = new QueryModification.Add(0, SyncBench.call("a"), null);
    bench.session.onMessage(new ClientMessage.ModifyQuerySet(0, 1, List.of(add, add)));
    assertThat(bench.closedWith).isEqualTo("1011 InternalServerError");
  }

  @Test
  void textThatIsNoMessageIsFatal() {
    bench.session.onInvalidMessage("unknown message type Foo");

    assertThat(last().path("type").stringValue()).isEqualTo("FatalError");
    assertThat(last().path("error").stringValue())
        .isEqualTo("Received Invalid JSON on websocket: unknown message type Foo");
  }

  @Test
  void aRefusedTokenNamesTheIdentityTheClientLastSaw() {
    bench.modify(List.of());
    bench.authenticate("ann");
    bench.finish();
    bench.authenticate("bad");

    assertThat(last().path("type").stringValue()).isEqualTo("AuthError");
    assertThat(last().path("baseVersion").intValue()).isOne();
    assertThat(last().path("authUpdateAttempted").booleanValue()).isTrue();
    assertThat(bench.closedWith).isEqualTo("1005 ");
  }

  @Test
  void theClocksAreToldToClientsThatToldTheirs() {
    bench.modify(List.of());
    bench.finish();
    assertThat(last().path("serverTs").isNumber()).isTrue();
    assertThat(last().path("clientClockSkew").isNumber()).isTrue();

    SyncBench silent = new SyncBench(new SyncWorld(), false, Limits.defaults());
    silent.connect(null, null);
    silent.modify(List.of());
    silent.finish();
    assertThat(silent.client.messages().getLast().has("serverTs")).isFalse();
    assertThat(silent.client.messages().getLast().has("clientClockSkew")).isFalse();
  }

  @Test
  void aQueryThatMeetsOverloadIsTriedAgainLater() {
    bench.world.failNextQuery(ErrorClass.OVERLOADED);
    bench.add("a");
    bench.finish();
    assertThat(transitions()).isEmpty();
    assertThat(bench.closedWith).isNull();

    bench.pass(500);
    bench.finish();
    bench.client.checkSettled();
  }

  @Test
  void aQueryThatFailsInsideEndsTheSession() {
    bench.world.failNextQuery(ErrorClass.INTERNAL);
    bench.add("a");
    bench.finish();

    assertThat(bench.closedWith).isEqualTo("1011 InternalServerError");
    assertThat(bench.world.openWatches()).isZero();
  }

  @Test
  void anInternalFailureOfAMutationEndsTheSession() {
    bench.mutate("a");
    bench.session.settle();
    bench.session.onMutationDone(
        new SyncWork.MutationAnswer(
            0, null, new FreshetException(ErrorClass.OVERLOADED, "ExecuteFullError", "full")));
    assertThat(bench.closedWith).isEqualTo("1013 ExecuteFullError");
  }

  @Test
  void silenceIsFilledWithPings() {
    assertThat(bench.pings).isOne();
    bench.pass(5_000);
    assertThat(bench.pings).isEqualTo(2);
    assertThat(bench.client.ofType("Ping")).isEmpty();
    bench.pass(10_000);
    assertThat(bench.client.ofType("Ping")).hasSize(1);
  }

  @Test
  void aSilentClientIsGivenUp() {
    bench.pass(119_000);
    assertThat(bench.closedWith).isNull();
    bench.session.onSignOfLife();
    bench.pass(119_000);
    assertThat(bench.closedWith).isNull();
    bench.pass(1_000);
    assertThat(bench.closedWith).isEqualTo("1000 ClientDisconnected");
  }

  @Test
  void aClientFromTheFutureIsSentAway() {
    SyncBench ahead = new SyncBench(new SyncWorld(), false, Limits.defaults());
    ahead.connect(Long.MAX_VALUE / 2, null);
    assertThat(ahead.closedWith).isEqualTo("1011 InternalServerError");
  }

  @Test
  void aClientThatSawALaterTimeWaitsForIt() {
    SyncBench restored = new SyncBench(new SyncWorld(), false, Limits.defaults());
    long observed = restored.world.latestTimestamp() + 7;
    restored.connect(observed, null);
    restored.modify(List.of());
    restored.finish();
    assertThat(restored.client.messages()).isEmpty();

    restored.catchUp();
    assertThat(restored.client.version().timestamp()).isGreaterThanOrEqualTo(observed);
    restored.client.checkSettled();
  }

  @Test
  void aShutDownIsSilent() {
    bench.add("a");
    bench.finish();
    bench.session.shutDown();
    assertThat(bench.closedWith).isEqualTo("1001 ");
    assertThat(bench.world.openWatches()).isZero();
  }

  @Test
  void resultsThatComeTooLateAreGivenBack() {
    bench.add("a");
    bench.session.settle();
    bench.session.onClosed();
    bench.runQueries();
    assertThat(bench.world.openWatches()).isZero();
  }
}

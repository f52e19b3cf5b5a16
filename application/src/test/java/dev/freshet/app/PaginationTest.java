package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.error;
import static dev.freshet.app.DeployedTestApp.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testkit.SeededRandom;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Pages, cursors and journals through the real library (spec 40 §6.5). */
class PaginationTest {
  @TempDir static Path directory;

  private static DeployedTestApp app;

  @BeforeAll
  static void deploy() {
    app = DeployedTestApp.deploy(directory, "semantics");
    add("read", 0, 10);
  }

  @AfterAll
  static void close() {
    app.close();
  }

  private static void add(String group, int from, int to) {
    ObjectNode args = Json.object().put("group", group).put("from", (double) from);
    app.mutated("pages:add", Json.write(args.put("to", (double) to)));
  }

  private static ObjectNode options(@Nullable String cursor, int numItems) {
    return Json.object().put("cursor", cursor).put("numItems", (double) numItems);
  }

  private static String args(String group, ObjectNode options) {
    ObjectNode args = Json.object().put("group", group);
    args.set("paginationOpts", options);
    return Json.write(args);
  }

  private static JsonNode page(String group, ObjectNode options) {
    return Json.parseStored(app.queried("pages:page", args(group, options)));
  }

  private static CallOutcome outcome(String function, String group, ObjectNode options) {
    return app.query(function, args(group, options)).outcome();
  }

  private static List<Integer> items(JsonNode page) {
    List<Integer> items = new ArrayList<>();
    page.get("page").forEach(item -> items.add((int) item.asDouble()));
    return items;
  }

  private static String continueCursor(JsonNode page) {
    return page.get("continueCursor").asString();
  }

  @Test
  void pagesFollowEachOtherToTheEnd() {
    JsonNode first = page("read", options(null, 4));
    assertThat(items(first)).containsExactly(0, 1, 2, 3);
    assertThat(first.get("isDone").asBoolean()).isFalse();
    JsonNode second = page("read", options(continueCursor(first), 6));
    assertThat(items(second)).containsExactly(4, 5, 6, 7, 8, 9);
    assertThat(second.get("isDone").asBoolean()).isFalse();
    JsonNode end = page("read", options(continueCursor(second), 6));
    assertThat(items(end)).isEmpty();
    assertThat(end.get("isDone").asBoolean()).isTrue();
    assertThat(items(page("read", options(continueCursor(end), 6)))).isEmpty();
  }

  @Test
  void equalCursorsHaveEqualTexts() {
    assertThat(continueCursor(page("read", options(null, 4))))
        .isEqualTo(continueCursor(page("read", options(null, 4))));
  }

  @Test
  void anEndCursorReachesPastPageSizeAndMaxima() {
    JsonNode first = page("read", options(null, 6));
    ObjectNode upTo = options(null, 1).put("endCursor", continueCursor(first));
    JsonNode again = page("read", upTo.put("maximumRowsRead", 2.0).put("maximumBytesRead", 1.0));
    assertThat(items(again)).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(continueCursor(again)).isEqualTo(continueCursor(first));
    assertThat(again.get("pageStatus").isNull()).isTrue();
  }

  @Test
  void maximaCutAPageShortButNeverToNothing() {
    JsonNode rows = page("read", options(null, 8).put("maximumRowsRead", 3.0));
    assertThat(items(rows)).containsExactly(0, 1, 2);
    assertThat(rows.get("pageStatus").asString()).isEqualTo("SplitRequired");
    JsonNode bytes = page("read", options(null, 8).put("maximumBytesRead", 1.0));
    assertThat(items(bytes)).containsExactly(0);
    assertThat(bytes.get("pageStatus").asString()).isEqualTo("SplitRequired");
    assertThat(items(page("read", options(continueCursor(bytes), 2)))).containsExactly(1, 2);
  }

  @Test
  void aSplitCursorDividesThePage() {
    JsonNode whole = page("read", options(null, 10));
    String split = whole.get("splitCursor").asString();
    JsonNode left = page("read", options(null, 10).put("endCursor", split));
    JsonNode right = page("read", options(split, 10).put("endCursor", continueCursor(whole)));
    List<Integer> both = new ArrayList<>(items(left));
    both.addAll(items(right));
    assertThat(both).isEqualTo(items(whole));
    assertThat(items(left)).isNotEmpty();
    assertThat(items(right)).isNotEmpty();
    assertThat(page("read", options(null, 2)).get("splitCursor").isNull()).isTrue();
  }

  @Test
  void aJournalKeepsTheEndOfAPageWhileRowsAreInserted() {
    add("live", 0, 4);
    QueryResult first = live(null);
    assertThat(items(json(first))).containsExactly(0, 1);
    add("live", -2, 0); // before the page's end
    QueryResult second = live(journal(first));
    assertThat(items(json(second))).containsExactly(-2, -1, 0, 1);
    assertThat(continueCursor(json(second))).isEqualTo(continueCursor(json(first)));
    assertThat(items(json(live(null)))).containsExactly(-2, -1);
  }

  private static QueryResult live(@Nullable String journal) {
    return app.queryAs(
        Identity.anonymous(), "pages:page", args("live", options(null, 2)), journal, null);
  }

  private static JsonNode json(QueryResult result) {
    return Json.parseStored(value(result.outcome()));
  }

  private static String journal(QueryResult result) {
    return Objects.requireNonNull(result.journal());
  }

  @Test
  void refusesPagesOfNothingAndOfTooMuch() {
    assertThat(error(outcome("pages:page", "read", options(null, 0))))
        .contains("Must request at least 1 document while paginating");
    assertThat(error(outcome("pages:page", "read", options(null, 32_001))))
        .contains("Requested too many items: 32001");
    String maxima = "maximumRowsRead and maximumBytesRead must be greater than 0";
    assertThat(error(outcome("pages:page", "read", options(null, 1).put("maximumRowsRead", 0.0))))
        .contains(maxima);
    assertThat(error(outcome("pages:page", "read", options(null, 1).put("maximumBytesRead", 0.0))))
        .contains(maxima);
    assertThat(error(app.query("pages:twice", "{}").outcome()))
        .contains("ran multiple paginated queries");
  }

  @Test
  void aCursorOfAnotherQueryTellsTheClientToStartOver() {
    String cursor = continueCursor(page("read", options(null, 4)));
    for (CallOutcome outcome :
        List.of(
            outcome("pages:page", "other group", options(cursor, 4)),
            outcome("pages:reversed", "read", options(cursor, 4)),
            outcome("pages:page", "other group", options(null, 4).put("endCursor", cursor)))) {
      assertStartsOver(outcome);
    }
  }

  @Test
  void aCursorOfAnIndexThatWasMadeAnewTellsTheClientToStartOver(@TempDir Path other) {
    String index = "\"group\", \"n\"";
    try (DeployedTestApp changing = DeployedTestApp.deploy(other, "semantics")) {
      changing.mutated("pages:add", "{\"group\":\"g\",\"from\":0,\"to\":6}");
      String query = args("g", options(null, 2));
      QueryResult first = changing.query("pages:page", query);
      String cursor = continueCursor(json(first));
      String next = args("g", options(cursor, 9));
      String ending = args("g", options(null, 9).put("endCursor", cursor));
      assertThat(items(Json.parseStored(changing.queried("pages:page", next))))
          .containsExactly(2, 3, 4, 5);

      changing.pushChanged("semantics", "schema.js", index, "\"group\"");
      for (String stale : List.of(next, ending)) {
        assertStartsOver(changing.query("pages:page", stale).outcome());
      }
      QueryResult again =
          changing.queryAs(Identity.anonymous(), "pages:page", query, journal(first), null);
      assertThat(items(json(again))).as("an old journal ends nothing").containsExactly(0, 1);
      assertThat(continueCursor(json(again))).isNotEqualTo(cursor);

      changing.pushChanged("semantics", "schema.js", index, "\"n\", \"group\"");
      assertThat(error(changing.query("pages:page", next).outcome())).contains("index");
      changing.push("semantics"); // the same index as at first: its positions mean the same
      assertThat(items(Json.parseStored(changing.queried("pages:page", next))))
          .containsExactly(2, 3, 4, 5);
    }
  }

  private static void assertStartsOver(CallOutcome outcome) {
    assertThat(error(outcome)).contains("InvalidCursor: Tried to run a query");
    byte[] data = Objects.requireNonNull(((CallOutcome.Failure) outcome).data());
    assertThat(new String(data, UTF_8))
        .isEqualTo("{\"isConvexSystemError\":true,\"paginationError\":\"InvalidCursor\"}");
  }

  @Test
  void forgedAndTruncatedCursorsAreRefused() {
    String cursor = continueCursor(page("read", options(null, 4)));
    SeededRandom random = new SeededRandom(65);
    List<String> bad = new ArrayList<>(List.of("", "x", "07", "zz".repeat(40), "{}"));
    for (int i = 0; i < 20; i++) {
      int at = random.nextInt(cursor.length());
      char other = cursor.charAt(at) == '0' ? '1' : '0';
      bad.add(cursor.substring(0, at) + other + cursor.substring(at + 1));
      bad.add(cursor.substring(0, at));
    }
    for (String text : bad) {
      CallOutcome outcome = outcome("pages:page", "read", options(text, 4));
      assertThat(error(outcome)).as("%s", text).contains("Failed to parse cursor");
      assertThat(((CallOutcome.Failure) outcome).data()).isNull();
    }
  }

  @Test
  void cursorsSurviveARestart(@TempDir Path other) {
    String cursor;
    try (DeployedTestApp first = DeployedTestApp.deploy(other, "semantics")) {
      first.mutated("pages:add", "{\"group\":\"g\",\"from\":0,\"to\":5}");
      cursor =
          continueCursor(
              Json.parseStored(first.queried("pages:page", args("g", options(null, 2)))));
    }
    try (DeployedTestApp again = DeployedTestApp.open(other, runner -> runner)) {
      JsonNode rest = Json.parseStored(again.queried("pages:page", args("g", options(cursor, 9))));
      assertThat(items(rest)).containsExactly(2, 3, 4);
    }
  }

  @Test
  void shapesFollowTheData() {
    add("shape", 0, 1);
    JsonNode items = app.application.tableShapes(null).get("items");
    assertThat(items.get("type").asString()).isEqualTo("Object");
    assertThat(Json.write(items))
        .contains(
            "{\"fieldName\":\"_id\",\"optional\":false,\"shape\":{\"type\":\"Id\",\"tableName\":\"items\"}}",
            "{\"fieldName\":\"n\",\"optional\":false,\"shape\":{\"type\":\"Float64\",\"float64Range\":{\"hasSpecialValues\":false}}}");
    assertThat(app.application.tableShapes("").get("events").get("type").asString())
        .isEqualTo("Never");
  }
}

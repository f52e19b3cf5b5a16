package dev.freshet.storage;

import java.util.List;

/**
 * Documents of a table scan, in scan order.
 *
 * @param rows the documents
 * @param exhausted whether the interval holds nothing beyond them
 */
public record TablePage(List<DocumentRevision> rows, boolean exhausted) {}

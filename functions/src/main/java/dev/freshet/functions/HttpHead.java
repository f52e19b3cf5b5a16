package dev.freshet.functions;

import java.util.List;

/**
 * Head of a request to an HTTP action.
 *
 * @param url the whole URL as the client asked for it, scheme and host included
 * @param path the part of it that is routed, still encoded, without the query
 * @param headers names in lower case, in order, repeated ones several times
 */
public record HttpHead(String method, String url, String path, List<Header> headers) {
  /** One header; each character of the value is a byte (Latin-1). */
  public record Header(String name, String value) {}
}

import type { Call } from "./calls.js";

/**
 * Starts a fetch of a call, see `EventHost.fetchStart` in context/host.ts.
 *
 * @param stream the body's, or 0
 * @returns number of the request
 */
export function startFetch(call: Call, _requestJson: string, _stream: number): number | undefined {
  return call.operation("fetch", 0, (request) => {
    call.refuse(request, "fetch() is not available yet in Freshet");
  });
}

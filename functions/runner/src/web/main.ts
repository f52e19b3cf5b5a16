/*
 * The classes of the Fetch, Streams, File API and XMLHttpRequest standards, as classes of the context (spec 30 §8). They are a script
 * of their own: most queries and mutations use none of them and must not pay for them. A context evaluates it
 * when one of the names is first used (context/webnames.ts).
 *
 * Bytes enter and leave through buffers of this context that the host fills and reads (context/host.ts). Everything here
 * pulls: a stream of the host's is read only when somebody reads the body that stands for it, and written only as far as its reader
 * lets it, so that bodies of any size pass in constant memory.
 */
import type { WebClasses, WebEnvironment } from "../context/webnames.js";
import * as streams from "web-streams-polyfill";
import { Blob, File } from "./blob.js";
import { CryptoKey } from "./cryptokey.js";
import { fetch } from "./fetch.js";
import { getBlob, storeBlob } from "./files.js";
import { FormData } from "./formdata.js";
import { Headers } from "./headers.js";
import { type ConvexRequest, convexJsonFromResponse, requestFromConvexJson } from "./http.js";
import { enter } from "./realm.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import { SubtleCrypto, createSubtle } from "./subtle.js";
import { TextDecoderStream, TextEncoderStream } from "./textstreams.js";

export function setup(environment: WebEnvironment): WebClasses {
  enter(environment);
  return {
    globals: { Blob, CryptoKey, SubtleCrypto, File, FormData, Headers, Request, Response, TextDecoderStream, TextEncoderStream, ...streams, fetch },
    subtle: createSubtle(),
    jsSyscalls: {
      requestFromConvexJson: ({ convexJson }: { convexJson: ConvexRequest }) => requestFromConvexJson(convexJson),
      convexJsonFromResponse: ({ response }: { response: unknown }) => convexJsonFromResponse(response),
      "storage/storeBlob": ({ blob, options }: { blob: unknown; options?: { sha256?: unknown } }) => storeBlob(blob, options?.sha256),
      "storage/getBlob": ({ storageId }: { storageId: unknown }) => getBlob(String(storageId)),
    },
  };
}

export { jsonPath } from "./json-path.ts";
export { createHttpHost, type HttpHost } from "./http-reader.ts";
export { HTTP_TIMEOUT_ms, httpMeter, httpStation } from "./http-talk.ts";

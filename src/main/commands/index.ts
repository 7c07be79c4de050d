export { DEMO_SEED, logFault, readSiteFile, startFailureWords } from "./serve.ts";
export { readServeArgs, type ServeArgs } from "./serve-args.ts";
export { invoiceRenderer } from "./surroundings.ts";

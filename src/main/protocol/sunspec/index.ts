export * from "./meter-models.ts";
export * from "./model-chain.ts";

export * from "./linear-program.ts";

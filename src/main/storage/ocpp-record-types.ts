import type { BoxReport, BoxRequest } from "../../contract/index.ts";
import type { EpochMs } from "../../core/units/index.ts";

/** What a request was about, as far as it must be known later; nothing secret. */
export type AskedAbout = Readonly<Record<string, string | number | null>>;

/** One request of an owner to a box, and what came of it. */
export type OcppAsked = {
  readonly stationId: string;
  readonly at_ms: EpochMs;
  /** The `do` of the request. */
  readonly asked: string;
  readonly about: AskedAbout;
  readonly outcome: BoxRequest["outcome"];
  readonly words: string;
};

/** What was asked of OCPP boxes beyond charging and what they told, by their identity; the oldest is dropped. */
export interface OcppRecordStore {
  addRequest(identity: string, asked: OcppAsked): void;
  /** Newest first. */
  requests(identity: string): OcppAsked[];
  /** The same word about the same thing within a minute is kept once; each boot counts. */
  addReport(identity: string, report: BoxReport): void;
  /** Newest first. */
  reports(identity: string): BoxReport[];
}

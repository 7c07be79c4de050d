import type { BayPhases } from "../../../contract/index.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { troubleData } from "../../lib/data/trouble.ts";

/** From here on a finding is as good as certain. */
const SURE_PERMILLE = 980;

type Confidence = "no-meter" | "nothing-seen" | "agrees" | "differs" | "part" | "unsure";

/** How sure it is how a bay is wired: `part` where what was seen fits several wirings, the configured one among them. */
export function confidenceOf(bay: BayPhases): Confidence {
  if (!bay.testable) return "no-meter";
  if (bay.state === "agrees") return "agrees";
  if (bay.state === "disagrees") return "differs";
  if (bay.steps === 0) return "nothing-seen";
  return bay.open.length > 1 && bay.confidence_permille * bay.open.length >= SURE_PERMILLE ? "part" : "unsure";
}

/** What the owner may answer while the bay's map is in doubt: what was found, and that the site file is right. */
export const choicesOf = ({ countsOnAll, open, configured }: BayPhases): readonly BayPhases["configured"][] =>
  countsOnAll ? [...open.filter((rotation) => rotation !== configured), configured] : [];

const REFUSALS = ["busy", "offline", "no-car", "no-meter", "meter-silent", "no-range"] as const;
type Refusal = (typeof REFUSALS)[number] | "other";

/** Why an action was not done; `null`: nothing went wrong. */
export function refusalOf(error: unknown): Refusal | null {
  if (error === null) return null;
  const data = troubleCode(error) === "REFUSED" ? troubleData(error) : null;
  const reason = typeof data === "object" && data !== null && "reason" in data ? data.reason : null;
  return REFUSALS.find((one) => one === reason) ?? "other";
}

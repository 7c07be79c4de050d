import { useState } from "react";
import type { Commissioning } from "../../../contract/index.ts";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { Bays } from "../../features/commissioning/bays.tsx";
import { ChangeForm } from "../../features/commissioning/change-form.tsx";
import { Decisions } from "../../features/commissioning/decisions.tsx";
import { Problems } from "../../features/commissioning/problems.tsx";
import { useCommissioning } from "../../features/commissioning/use-commissioning.ts";
import { Verdict } from "../../features/commissioning/verdict.tsx";
import css from "./settings.module.css";

const ASK_EVERY_ms = 2_000;

/** Whether the site may be left to itself: the sums, the tests that prove them, and a person's word where they do not hold. */
export function CommissioningPage() {
  const asked = useCommissioning(ASK_EVERY_ms);
  return <StateBoundary asked={asked}>{(status) => <Content status={status} />}</StateBoundary>;
}

function Content({ status }: { readonly status: Commissioning }) {
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  return (
    <div className={css["stack"]}>
      <Verdict status={status} />
      {status.problems.length > 0 && (
        <Problems
          status={status}
          onChoose={(stationIds) => {
            choose(new Set(stationIds));
          }}
        />
      )}
      <Bays status={status} chosen={chosen} choose={choose} />
      <ChangeForm status={status} chosen={chosen} choose={choose} />
      <Decisions decisions={status.decisions} />
    </div>
  );
}

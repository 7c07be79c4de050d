import { useRef, useState } from "react";
import type { Commissioning } from "../../../contract/index.ts";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { Bays } from "../../features/commissioning/bays.tsx";
import { ChangeForm, type Wish } from "../../features/commissioning/change-form.tsx";
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

/** Most chargers are told so. */
const USUAL_A = 6;

function Content({ status }: { readonly status: Commissioning }) {
  const [wish, setWish] = useState<Wish>({ chosen: new Set(), typed_A: USUAL_A });
  const input = useRef<HTMLInputElement>(null);
  const set = (patch: Partial<Wish>): void => {
    setWish((before) => ({ ...before, ...patch }));
  };
  return (
    <div className={css["stack"]}>
      <Verdict status={status} />
      {status.problems.length > 0 && (
        <Problems
          status={status}
          onPropose={({ stationIds, current_mA }) => {
            set({ chosen: new Set(stationIds), typed_A: current_mA / 1_000 });
            input.current?.focus();
          }}
        />
      )}
      <Bays
        status={status}
        chosen={wish.chosen}
        choose={(chosen) => {
          set({ chosen });
        }}
      />
      <ChangeForm status={status} wish={wish} set={set} inputRef={input} />
      <Decisions decisions={status.decisions} />
    </div>
  );
}

import { StateBoundary } from "../../components/state-boundary.tsx";
import { CircuitProtection } from "../../features/limits/circuit-protection.tsx";
import { LimitList } from "../../features/limits/limit-list.tsx";
import { PricingCard } from "../../features/limits/pricing-card.tsx";
import { useLimits } from "../../features/limits/use-limits.ts";
import css from "./settings.module.css";

/** Limits from outside, what protects the circuits, and what energy and power cost the site. */
export function LimitsPage() {
  const asked = useLimits();
  return (
    <StateBoundary asked={asked}>
      {(settings) => (
        <div className={css["stack"]}>
          <LimitList settings={settings} />
          <CircuitProtection settings={settings} />
          <PricingCard settings={settings} />
        </div>
      )}
    </StateBoundary>
  );
}

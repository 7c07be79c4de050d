import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Commissioning } from "../../../contract/index.ts";
import { type Icon, IconAlertTriangle, IconInfoCircle } from "../../components/icons.ts";
import { useSite } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./arming-strip.module.css";
import { conflictsOf, isBlocking, unproven, worstOf } from "./commissioning-view.ts";
import { useAuthor } from "./use-author.ts";
import { useCommissioning } from "./use-commissioning.ts";

const ASK_EVERY_ms = 10_000;

/** What the owner must know on Live before anything else; nothing where the site is released. */
export function ArmingStrip() {
  const arming = useSite()?.arming ?? "armed";
  const { data } = useCommissioning(ASK_EVERY_ms, arming !== "armed");
  // The strip and its numbers come from one answer, and go with the live state.
  if (arming === "armed" || data === undefined) return null;
  switch (data.state) {
    case "armed":
      return null;
    case "blocked":
      return <Blocked status={data} />;
    case "overridden":
      return data.override === null ? null : <Overridden override={data.override} />;
    case "trial":
      return <Trial status={data} />;
  }
}

function Blocked({ status: { problems } }: { readonly status: Commissioning }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const conflicts = conflictsOf(problems);
  const worst = worstOf(conflicts);
  if (worst === null) return null;
  const { name, phases, sum_mA, limit_mA } = worst;
  const more = conflicts.filter(isBlocking).length - 1;
  return (
    <Strip state="blocked" icon={IconAlertTriangle}>
      {t("arming.blocked", {
        name,
        phases: phases.join(" "),
        sum: format.exactCurrent(sum_mA),
        limit: format.exactCurrent(limit_mA),
      })}
      {more > 0 && ` ${t("arming.more", { count: more })}`}
    </Strip>
  );
}

function Overridden({ override }: { readonly override: NonNullable<Commissioning["override"]> }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const authorText = useAuthor();
  const { at_ms, author, reason } = override;
  return (
    <Strip state="overridden" icon={IconAlertTriangle}>
      {t("arming.overridden", { who: authorText(author), date: format.date(at_ms), reason })}
    </Strip>
  );
}

function Trial({ status: { fallbacks, problems } }: { readonly status: Commissioning }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const count = unproven(fallbacks).length;
  const name = worstOf(conflictsOf(problems))?.name ?? "";
  return (
    <Strip state="trial" icon={IconInfoCircle}>
      {count > 0 ? t("arming.trial", { count, all: format.count(fallbacks.length) }) : t("arming.seen", { name })}
    </Strip>
  );
}

type StripProps = {
  readonly state: Exclude<Commissioning["state"], "armed">;
  readonly icon: Icon;
  readonly children: ReactNode;
};

function Strip({ state, icon: StripIcon, children }: StripProps) {
  const { t } = useTranslation("live");
  return (
    <p className={css["strip"]} data-arming={state}>
      <StripIcon size={18} stroke={1.75} aria-hidden />
      <span>{children}</span>
      <Link to="/settings" search={{ page: "commissioning" }} className={css["link"]}>
        {t("arming.link")}
      </Link>
    </p>
  );
}

import { Button, Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { z } from "zod";
import type { Customer, unknownCardSchema } from "../../../contract/index.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { ActionTrouble, useAction } from "./action.tsx";
import css from "./billing-screen.module.css";

type UnknownCard = z.infer<typeof unknownCardSchema>;

/** Cards that were held before a reader and belong to nobody: give them to somebody and their open sessions follow. */
export function UnknownCards({ customers }: { readonly customers: readonly Customer[] }) {
  const { t } = useTranslation("billing");
  const asked = useAsk(["billing", "unknown"], (api, signal) => api.billing.unknownCards(undefined, { signal }));
  if (asked.data === undefined || asked.data.length === 0) return null;
  return (
    <section className={css["band"]}>
      <h2>{t("unknown.title", { count: asked.data.length })}</h2>
      <ul className={css["cards"]}>
        {asked.data.map((card) => (
          <UnknownCardLine key={card.idToken} card={card} customers={customers} />
        ))}
      </ul>
    </section>
  );
}

function UnknownCardLine({ card, customers }: { readonly card: UnknownCard; readonly customers: readonly Customer[] }) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const [owner, setOwner] = useState<string | null>(null);
  const { isBusy, error, run } = useAction<Customer>();
  return (
    <>
      <li className={css["card"]}>
        <code>…{card.alias}</code>
        <span className={css["muted"]}>
          {t("unknown.seen", {
            bay: card.stationName,
            at: format.dateTime(card.lastSeen_ms),
            sessions: t("unknown.sessions", { count: card.sessions }),
          })}
        </span>
        <Select
          aria-label={t("unknown.owner", { alias: card.alias })}
          placeholder={t("unknown.choose")}
          searchable
          value={owner}
          onChange={setOwner}
          data={customers.map(({ id, name }) => ({ value: id, label: name }))}
        />
        <Button
          variant="default"
          disabled={owner === null}
          loading={isBusy}
          onClick={() => {
            if (owner !== null) run((api) => api.billing.assignCard({ customerId: owner, idToken: card.idToken }));
          }}
        >
          {t("unknown.assign")}
        </Button>
      </li>
      {error !== null && (
        <li>
          <ActionTrouble error={error} />
        </li>
      )}
    </>
  );
}

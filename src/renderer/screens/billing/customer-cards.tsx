import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Customer } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { ActionTrouble, useAction } from "./action.tsx";
import css from "./billing-screen.module.css";

const CARD_MAX = 36;

/** The cards of a customer: block a lost one at once, add one by its number. What a card charged stays with its customer. */
export function CustomerCards({ customer }: { readonly customer: Customer }) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const { isBusy, error, run } = useAction<Customer>();
  const [idToken, setIdToken] = useState("");
  return (
    <div>
      <h2>{t("cards.title")}</h2>
      <ul className={css["cards"]}>
        {customer.cards.map(({ idToken: token, alias, blocked, since_ms }) => (
          <li key={token} className={css["card"]}>
            <code>…{alias}</code>
            <span className={css["muted"]}>{t("cards.since", { date: format.date(since_ms) })}</span>
            {blocked && (
              <span className={css["tag"]} data-bad>
                {t("cards.blocked")}
              </span>
            )}
            <Button
              variant="subtle"
              size="compact-sm"
              disabled={isBusy}
              aria-label={t(blocked ? "cards.unblockOne" : "cards.blockOne", { alias })}
              onClick={() => {
                run((api) => api.billing.blockCard({ idToken: token, blocked: !blocked }));
              }}
            >
              {blocked ? t("cards.unblock") : t("cards.block")}
            </Button>
          </li>
        ))}
      </ul>
      {customer.cards.length === 0 && <p className={css["muted"]}>{t("cards.none")}</p>}
      <form
        className={css["bar"]}
        style={{ marginTop: "0.75rem" }}
        onSubmit={(event) => {
          event.preventDefault();
          const trimmed = idToken.trim();
          if (trimmed === "") return;
          run(
            (api) => api.billing.assignCard({ customerId: customer.id, idToken: trimmed }),
            () => {
              setIdToken("");
            },
          );
        }}
      >
        <TextInput
          className={css["grow"]}
          aria-label={t("cards.number")}
          placeholder={t("cards.number")}
          maxLength={CARD_MAX}
          value={idToken}
          onChange={(event) => {
            setIdToken(event.currentTarget.value);
          }}
        />
        <Button type="submit" variant="default" loading={isBusy} disabled={idToken.trim() === ""}>
          {t("cards.add")}
        </Button>
      </form>
      <ActionTrouble error={error} />
    </div>
  );
}

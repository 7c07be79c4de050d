import { Autocomplete, Button, NumberInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ocppAnswers } from "../../../contract/index.ts";
import { DataTable } from "../../components/data-table.tsx";
import { KeyValues } from "../../components/key-values.tsx";
import { Card } from "../../components/page.tsx";
import { useSite } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { BoxOutcome, type PartProps, useBoxAsk } from "./ocpp-ask.tsx";
import { cardMistake, freeNumber, reservedUntil } from "./ocpp-box-view.ts";
import css from "./ocpp-box.module.css";

/** The box's own list of cards, and bays kept for one card. */
export function BoxCards(props: PartProps) {
  return (
    <div className={css["pair"]}>
      <LocalListCard {...props} />
      <ReservationCard {...props} />
    </div>
  );
}

function LocalListCard({ stationId, beyond: { localList, siteCards } }: PartProps) {
  const { t } = useTranslation("box");
  const format = useFormat();
  const [boxVersion, setBoxVersion] = useState<number | null>(null);
  const { asked, ask } = useBoxAsk(stationId, (request, answer) => {
    if (request.do === "local-list-version" || request.do === "send-site-cards")
      setBoxVersion(ocppAnswers["local-list-version"].parse(answer).version);
  });
  const sent =
    localList === null
      ? t("list.never")
      : t("list.sentAs", {
          version: localList.version,
          cards: localList.cards,
          time: format.dateTime(localList.at_ms),
        });
  return (
    <Card title={t("list.title")}>
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("list.lead")}</p>
        <div className={css["wide"]}>
          <KeyValues
            rows={[
              [t("list.box"), boxVersion === null ? t("list.unasked") : versionText(boxVersion, t("list.empty"))],
              [t("list.sent"), sent],
              [t("list.cards"), t("list.count", { count: siteCards.cards })],
              ...(siteCards.leftOut === 0 ? [] : ([[t("list.leftOut"), String(siteCards.leftOut)]] as const)),
            ]}
          />
        </div>
        {boxVersion !== null && boxVersion > 0 && localList !== null && boxVersion !== localList.version && (
          <p>{t("list.differs")}</p>
        )}
        <div className={css["tools"]}>
          <Button
            variant="default"
            disabled={asked.isAsking}
            onClick={() => {
              ask({ do: "local-list-version" });
            }}
          >
            {t("list.askVersion")}
          </Button>
          <Button
            loading={asked.isAsking && asked.request?.do === "send-site-cards"}
            onClick={() => {
              ask({ do: "send-site-cards" });
            }}
          >
            {t("list.send")}
          </Button>
        </div>
        <BoxOutcome asked={asked} done={useListOutcome(asked)} />
      </div>
    </Card>
  );
}

const versionText = (version: number, empty: string): string => (version <= 0 ? empty : String(version));

function useListOutcome({ request, answer }: ReturnType<typeof useBoxAsk>["asked"]): string | undefined {
  const { t } = useTranslation("box");
  if (request?.do === "local-list-version") {
    const read = ocppAnswers["local-list-version"].safeParse(answer);
    if (!read.success) return undefined;
    return read.data.version < 0 ? t("list.keepsNone") : t("list.hasVersion", { version: read.data.version });
  }
  const read = ocppAnswers["send-site-cards"].safeParse(answer);
  if (!read.success) return undefined;
  const taken = t("list.taken", { count: read.data.cards, version: read.data.version });
  return read.data.enabled === false ? `${taken} ${t("list.switchedOff")}` : taken;
}

type ReservationForm = { readonly card: string; readonly hours: number | string };

function ReservationCard({ stationId, beyond }: PartProps) {
  const { t } = useTranslation("box");
  const format = useFormat();
  const { asked, ask } = useBoxAsk(stationId);
  const { reservations } = beyond;
  const done = asked.request?.do === "cancel-reservation" ? t("reserve.cancelled") : t("reserve.done");
  return (
    <Card title={t("reserve.title")}>
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("reserve.lead")}</p>
        {reservations.length === 0 ? (
          <p>{t("reserve.none")}</p>
        ) : (
          <div className={css["wide"]}>
            <DataTable
              label={t("reserve.title")}
              rows={reservations}
              keyOf={({ reservationId }) => String(reservationId)}
              columns={[
                { id: "card", title: t("reserve.card"), cell: ({ idToken }) => idToken },
                { id: "until", title: t("reserve.until"), cell: ({ until_ms }) => format.dateTime(until_ms) },
                {
                  id: "cancel",
                  title: t("reserve.cancel"),
                  cell: ({ reservationId, idToken }) => (
                    <Button
                      size="compact-sm"
                      variant="default"
                      disabled={asked.isAsking}
                      aria-label={t("reserve.cancelOne", { card: idToken })}
                      onClick={() => {
                        ask({ do: "cancel-reservation", reservationId });
                      }}
                    >
                      {t("reserve.cancel")}
                    </Button>
                  ),
                },
              ]}
            />
          </div>
        )}
        <ReservationFields
          isAsking={asked.isAsking}
          onReserve={(idToken, until_ms, now_ms) => {
            ask({ do: "reserve", reservationId: freeNumber(reservations, now_ms), idToken, until_ms });
          }}
        />
        <BoxOutcome asked={asked} done={done} />
      </div>
    </Card>
  );
}

type FieldsProps = {
  readonly isAsking: boolean;
  readonly onReserve: (idToken: string, until_ms: number, now_ms: number) => void;
};

function ReservationFields({ isAsking, onReserve }: FieldsProps) {
  const { t } = useTranslation("box");
  const format = useFormat();
  const now_ms = useSite()?.at_ms ?? null;
  const [form, setForm] = useState<ReservationForm>({ card: "", hours: 2 });
  const [shown, setShown] = useState(false);
  const cards = useCards();
  const mistake = cardMistake(form.card);
  const until_ms = now_ms === null ? null : reservedUntil(form.hours, now_ms);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (mistake === null && until_ms !== null && now_ms !== null) onReserve(form.card.trim(), until_ms, now_ms);
  };
  return (
    <form className={css["form"]} onSubmit={submit} noValidate aria-label={t("reserve.title")}>
      <div className={css["fields"]}>
        <Autocomplete
          label={t("reserve.card")}
          description={t("reserve.cardHint")}
          data={cards}
          limit={20}
          value={form.card}
          error={shown && mistake !== null ? t(`reserve.mistake.${mistake}`) : null}
          onChange={(card) => {
            setForm({ ...form, card });
          }}
        />
        <NumberInput
          label={t("reserve.hours")}
          suffix={t("hoursSuffix")}
          min={0}
          step={0.5}
          decimalScale={2}
          value={form.hours}
          description={until_ms === null ? "\u00a0" : t("until", { time: format.dateTime(until_ms) })}
          error={shown && until_ms === null ? t("reserve.mistake.hours") : null}
          onChange={(hours) => {
            setForm({ ...form, hours });
          }}
        />
      </div>
      <div className={css["tools"]}>
        <Button type="submit" loading={isAsking}>
          {t("reserve.start")}
        </Button>
      </div>
    </form>
  );
}

/** Cards of customers that may charge. */
function useCards(): string[] {
  const asked = useAsk(["billing", "customers"], (api, signal) => api.billing.customers(undefined, { signal }));
  const cards = (asked.data ?? []).flatMap((customer) => customer.cards);
  return cards.filter(({ blocked }) => !blocked).map(({ idToken }) => idToken);
}

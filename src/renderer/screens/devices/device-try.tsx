import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { TriedDevice } from "../../../contract/index.ts";
import { KeyValues } from "../../components/key-values.tsx";
import { Card } from "../../components/page.tsx";
import { useApi } from "../../lib/data/client-context.tsx";
import { type DeviceForm, readingLines, saveInput } from "./device-form-view.ts";
import { ChangeRefused } from "./device-refused.tsx";
import css from "./devices.module.css";

type Props = { readonly form: DeviceForm; readonly isRight: boolean; readonly onWrong: () => void };

/** Asks the device once, before it is stored. */
export function TryDevice({ form, isRight, onWrong }: Props) {
  const { t } = useTranslation("devices");
  const api = useApi();
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: () => {
      const { settings, password } = saveInput(form, null);
      return api.devices.tryOut({ settings, ...(password === undefined ? {} : { password }) });
    },
  });
  return (
    <Card title={t("form.try.title")}>
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("form.try.lead")}</p>
        <div className={css["tools"]}>
          <Button
            variant="default"
            loading={isPending}
            onClick={() => {
              if (isRight) mutate();
              else onWrong();
            }}
          >
            {t("form.try.ask")}
          </Button>
        </div>
        {error !== null && <ChangeRefused error={error} />}
        {data !== undefined && <Answer tried={data} />}
      </div>
    </Card>
  );
}

function Answer({ tried }: { readonly tried: TriedDevice }) {
  const { t } = useTranslation("devices");
  return (
    <div role="status">
      <p>{t(tried.ok ? "form.try.answers" : "form.try.silent")}</p>
      {tried.ok ? <KeyValues rows={readingLines(tried.readings)} /> : <p className={css["said"]}>{tried.detail}</p>}
    </div>
  );
}

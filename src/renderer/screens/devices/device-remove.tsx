import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceSettings } from "../../../contract/index.ts";
import { milliampFromAmp } from "../../../core/units/quantities.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { ChangeRefused } from "./device-refused.tsx";
import { OtherLoad } from "./other-load.tsx";
import css from "./devices.module.css";

type Props = Pick<DeviceSettings, "kind" | "id"> & { readonly name: string };

/** Takes a device off the site, after asking. */
export function RemoveDevice({ kind, id, name }: Props) {
  const { t } = useTranslation("devices");
  const { t: tCommon } = useTranslation();
  const api = useApi();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const [otherLoad_A, setOtherLoad] = useState<number | string>("");
  const shown = useAsk(["devices", "settings", kind, id], (ask, signal) =>
    ask.devices.settings({ kind, id }, { signal }),
  );
  const unwatched = shown.data?.unwatched ?? null;
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: async () => {
      const { version } = await api.devices.settings({ kind, id });
      const load = typeof otherLoad_A === "number" ? { otherLoad_mA: milliampFromAmp(otherLoad_A) } : {};
      return api.devices.remove({ kind, id, version, ...load });
    },
    onSuccess: async () => {
      await navigate({ to: "/devices", search: {} });
      await queries.invalidateQueries({ queryKey: ["devices"] });
    },
  });
  const close = (): void => {
    setAsking(false);
    reset();
  };
  return (
    <>
      <Button
        variant="default"
        onClick={() => {
          setAsking(true);
        }}
      >
        {t("form.remove.open")}
      </Button>
      <Modal
        opened={asking}
        onClose={close}
        title={t("form.remove.title", { name })}
        closeButtonProps={{ "aria-label": tCommon("close") }}
      >
        <div className={css["stack"]}>
          <p>{t(`form.remove.${kind}`)}</p>
          {unwatched !== null && <OtherLoad circuit={unwatched.name} value={otherLoad_A} onChange={setOtherLoad} />}
          {error !== null && <ChangeRefused error={error} />}
          <div className={css["tools"]}>
            <Button variant="default" onClick={close}>
              {tCommon("cancel")}
            </Button>
            <Button
              loading={isPending}
              onClick={() => {
                mutate();
              }}
            >
              {t("form.remove.do")}
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}

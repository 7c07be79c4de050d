import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceSettings } from "../../../contract/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { ChangeRefused } from "./device-refused.tsx";
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
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: async () => {
      const { version } = await api.devices.settings({ kind, id });
      return api.devices.remove({ kind, id, version });
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
